/** Prices from `@pydantic/genai-prices`, in the shape that the functions read. Runs at build and at start, never on a request. */
import { calcPrice, type MatchLogic, type ModelPrice, type Provider, type TieredPrices } from '@pydantic/genai-prices';
import { free, type Price, type Rate } from '../../shared/catalogue/price.ts';
import type { CatalogueEntry } from '../../shared/catalogue/resolved-config.ts';
import { knownMaxOutput } from './max-output.ts';

const microDollars = (dollars: number): number => Math.round(dollars * 1_000_000);

function rate(price: number | TieredPrices | undefined): Rate | undefined {
  if (price === undefined) return undefined;
  if (typeof price === 'number') return microDollars(price);
  return {
    base: microDollars(price.base),
    tiers: price.tiers.map((tier) => ({ start: tier.start, price: microDollars(tier.price) })),
  };
}

/** Null for a model that is not paid by the token (a transcription by the hour, say). */
function price(model: ModelPrice): Price | null {
  if (Object.keys(model).length === 0) return free;
  const input = rate(model['input_mtok']);
  if (input === undefined) return null;
  const cachedInput = rate(model['cache_read_mtok']);
  const cacheWrite = rate(model['cache_write_mtok']);
  return {
    input,
    ...(cachedInput !== undefined && { cachedInput }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    // Embeddings have no output to pay for.
    output: rate(model['output_mtok']) ?? 0,
  };
}

/** Today's price of a provider's model, or null where the catalogue does not know it. */
export function priceOf(provider: Provider | undefined, model: string, now: Date): Price | null {
  const found = provider && calcPrice({ input_tokens: 0 }, model, { provider, timestamp: now });
  return found ? price(found.model_price) : null;
}

/** Tokens of input and output together, where the catalogue knows it. */
export function contextWindowOf(provider: Provider | undefined, model: string, now: Date): number | undefined {
  return provider && calcPrice({ input_tokens: 0 }, model, { provider, timestamp: now })?.model.context_window;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The names and anchored patterns that a catalogue's match clause stands for. `and` never occurs alone in it. */
function names(match: MatchLogic): { exact: string[]; patterns: string[] } {
  if ('equals' in match) return { exact: [match.equals], patterns: [] };
  if ('starts_with' in match) return { exact: [], patterns: [`^${escaped(match.starts_with)}`] };
  if ('ends_with' in match) return { exact: [], patterns: [`${escaped(match.ends_with)}$`] };
  if ('contains' in match) return { exact: [], patterns: [escaped(match.contains)] };
  if ('regex' in match) return { exact: [], patterns: [match.regex] };
  if ('or' in match) {
    const parts = match.or.map(names);
    return { exact: parts.flatMap(({ exact }) => exact), patterns: parts.flatMap(({ patterns }) => patterns) };
  }
  return { exact: [], patterns: [] };
}

/** Every model that the catalogue prices for the provider. */
export function catalogueOf(provider: Provider | undefined, now: Date): CatalogueEntry[] {
  return (provider?.models ?? []).flatMap(({ id, match, context_window }) => {
    const { exact, patterns } = names(match);
    const sample = exact[0] ?? id;
    const found = priceOf(provider, sample, now);
    if (!found) return [];
    // "Free" by a loose pattern (all names with `moderation` in them) would be free for whoever can choose such a name,
    // of a fine-tuned model say. A free model is configured by its name (I4).
    if (found === free) return exact.length > 0 ? [{ exact, patterns: [], price: found }] : [];
    const maxOutputTokens = knownMaxOutput(sample);
    return [
      {
        exact,
        patterns,
        price: found,
        ...(context_window !== undefined && { contextWindow: context_window }),
        ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      },
    ];
  });
}
