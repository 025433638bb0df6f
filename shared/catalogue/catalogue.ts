/** Which models there are, where each is asked for and at what price. */
import { isModelName } from '../config/model-name.ts';
import { GatewayError } from '../errors.ts';
import type { Price } from './price.ts';
import type { CatalogueEntry, Model, ResolvedConfig, Target } from './resolved-config.ts';

export type PricedTarget = Target & {
  readonly price: Price;
  /** What that is of the live price, for batches. Absent: it is the live price. */
  readonly priceFactor?: number;
  /** The caller made the model's name up, and a wildcard took it. */
  readonly madeUp?: true;
};
export type ServedModel = Omit<Model, 'targets'> & {
  readonly targets: readonly [PricedTarget, ...PricedTarget[]];
  /** For metrics and logs: the name where it is a listed one, and `*` where a wildcard took what the caller made up. */
  readonly label: string;
};

export type Catalogue = {
  /** The model of that name, with at least one target. Throws the caller's error where there is none. */
  find(name: string): ServedModel;
  /** Is there a model of that name? The one that `find` would find. */
  has(name: string): boolean;
  /** Every name that is known to work, sorted. A wildcard adds the names that its catalogue has a price for. */
  list(): readonly Model[];
  /** What a provider's model costs today under the name that it was asked for by; null where that is no longer served. */
  priceOf(served: { readonly model: string; readonly provider: string; readonly upstreamModel: string }): Price | null;
  readonly priceVersion: string;
  readonly builtAt: number;
};

const prices = (entry: CatalogueEntry, name: string): boolean =>
  entry.exact.includes(name) || entry.patterns.some((pattern) => new RegExp(pattern).test(name));

const pricedTargets = ({ targets }: Model): PricedTarget[] =>
  targets.flatMap(({ price, ...target }) => (price ? [{ ...target, price }] : []));

const isListed = ({ wildcard }: CatalogueConfig, name: string): boolean =>
  (wildcard ?? []).some(({ entries }) => entries.some(({ exact }) => exact.includes(name)));

const fromWildcard = ({ wildcard }: CatalogueConfig, name: string): Model => {
  const found = (wildcard ?? []).flatMap(({ entries, ...target }) => {
    const entry = entries.find((candidate) => prices(candidate, name));
    return entry ? [{ target, entry }] : [];
  });
  const { contextWindow, maxOutputTokens } = found[0]?.entry ?? {};
  return {
    name,
    targets: found.map(({ target, entry }) => ({ ...target, model: name, price: entry.price })),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  };
};

const madeUp = (target: PricedTarget): PricedTarget => ({ ...target, madeUp: true });

const howToPrice = (name: string, provider: string): string =>
  `in sluice.json: "models": { "${name}": { "targets": ["${provider}/${name}"], "price": { "input": …, "output": … } } }, in US dollars per million tokens.`;

/** The part of the configuration that is about models. */
export type CatalogueConfig = Pick<ResolvedConfig, 'priceVersion' | 'builtAt' | 'models' | 'wildcard'>;

export function createCatalogue(config: CatalogueConfig): Catalogue {
  const configured = (name: string): Model | undefined => {
    const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
    return model && { name, ...model };
  };

  return {
    priceVersion: config.priceVersion,
    builtAt: config.builtAt,

    find(name) {
      if (!isModelName(name)) {
        throw new GatewayError('invalid_request', {
          message: 'A model name has at most 128 letters, digits, dots, dashes, underscores, colons and @ signs.',
          param: 'model',
        });
      }
      const explicit = configured(name);
      const model = explicit ?? fromWildcard(config, name);
      const [first, ...rest] = pricedTargets(model);
      if (first && (explicit || isListed(config, name))) return { ...model, targets: [first, ...rest], label: name };
      if (first) return { ...model, targets: [madeUp(first), ...rest.map(madeUp)], label: '*' };

      const provider = explicit?.targets[0]?.provider ?? config.wildcard?.[0]?.provider;
      if (explicit) {
        throw new GatewayError('model_not_priced', {
          message: `The model '${name}' has no price, so it is not served. Give it one ${howToPrice(name, provider ?? '…')}`,
          param: 'model',
        });
      }
      const remedy = provider
        ? ` A model without a known price is served once it has one ${howToPrice(name, provider)}`
        : '';
      throw new GatewayError('model_not_found', {
        message: `The model '${name}' does not exist here. GET /v1/models lists those that do.${remedy}`,
        param: 'model',
      });
    },

    has: (name) => isModelName(name) && pricedTargets(configured(name) ?? fromWildcard(config, name)).length > 0,

    priceOf({ model, provider, upstreamModel }) {
      const { targets } = configured(model) ?? fromWildcard(config, model);
      return targets.find((target) => target.provider === provider && target.model === upstreamModel)?.price ?? null;
    },

    list() {
      const wild = (config.wildcard ?? []).flatMap(({ entries }) => entries.flatMap(({ exact }) => exact));
      const names = new Set([...Object.keys(config.models), ...wild.filter(isModelName)]);
      return [...names]
        .sort()
        .map((name) => configured(name) ?? fromWildcard(config, name))
        .filter((model) => pricedTargets(model).length > 0);
    },
  };
}

/** `model` of the `openai` package. */
export const modelObject = ({ name, targets }: Model, created: number) => ({
  id: name,
  object: 'model',
  created,
  owned_by: targets[0]?.provider ?? 'sluice',
});
