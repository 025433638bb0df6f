/**
 * What lines of batches cost: the live price times a factor of the provider's. It is the price that is scaled, and not
 * the cost, so that what is reserved, afforded, settled and swept follows from it as from any other (I2).
 */
import type { Catalogue, PricedTarget } from './catalogue.ts';
import { factorUnit, type Price, type Rate } from './price.ts';

/** Rates are rounded up to the next micro-dollar per million tokens: never less than what is charged, and never above the live price. */
export function scaledPrice(price: Price, factor: number): Price {
  const millionths = BigInt(Math.round(factor * factorUnit));
  const scaled = (microDollars: number): number =>
    Number((BigInt(microDollars) * millionths + BigInt(factorUnit - 1)) / BigInt(factorUnit));
  const rate = (of: Rate): Rate =>
    typeof of === 'number'
      ? scaled(of)
      : { base: scaled(of.base), tiers: of.tiers.map(({ start, price }) => ({ start, price: scaled(price) })) };
  return {
    input: rate(price.input),
    ...(price.cachedInput !== undefined && { cachedInput: rate(price.cachedInput) }),
    ...(price.cacheWrite !== undefined && { cacheWrite: rate(price.cacheWrite) }),
    output: rate(price.output),
  };
}

/** Their settings, by their names. */
type Providers = Readonly<Record<string, object>>;

/** Without one a provider charges for batches what it charges for live calls. */
export function factorOf(providers: Providers, provider: string): number {
  const settings = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  const factor = settings && 'batchPriceFactor' in settings ? settings.batchPriceFactor : undefined;
  return typeof factor === 'number' ? factor : 1;
}

/** As batches find it. */
export function atBatchPrices(catalogue: Catalogue, providers: Providers): Catalogue {
  const discounted = (target: PricedTarget): PricedTarget => {
    const factor = factorOf(providers, target.provider);
    return factor === 1 ? target : { ...target, price: scaledPrice(target.price, factor), priceFactor: factor };
  };
  return {
    ...catalogue,
    find(name) {
      const { targets, ...model } = catalogue.find(name);
      const [first, ...rest] = targets;
      return { ...model, targets: [discounted(first), ...rest.map(discounted)] };
    },
  };
}
