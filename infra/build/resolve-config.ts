/** From `sluice.json` to what the functions read: checked, with prices, and with demo answers where they are wanted. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { batchSettingsSchema } from '../../shared/batches/settings.ts';
import { factorOf } from '../../shared/catalogue/batch-price.ts';
import { free, type Price } from '../../shared/catalogue/price.ts';
import { type ResolvedConfig, sweepSettingsSchema } from '../../shared/catalogue/resolved-config.ts';
import { type Config, type ConfiguredModel, configSchema } from '../../shared/config/schema.ts';
import { contextSettingsSchema } from '../../shared/context/settings.ts';
import { conversationSettingsSchema } from '../../shared/conversations/lifetime.ts';
import { keyVariableOf, type ProviderSettings } from '../../shared/providers/kinds.ts';
import { resilienceSchema } from '../../shared/resilience/settings.ts';
import { runsSchema } from '../../shared/runs/settings.ts';
import { moderationModel } from '../../shared/safety/categories.ts';
import { knownMaxOutput } from './max-output.ts';
import { type PlacedTarget, placedTargets } from './placed-targets.ts';
import { catalogueOf, contextWindowOf, priceOf } from './prices.ts';
import { sellerOf } from './sellers.ts';

/** A wrong setting; the message names it and says what to do. */
export class ConfigError extends Error {}

export type ResolveOptions = {
  readonly now: Date;
  /** Replaces the `openai` provider's baseURL, as in the SDK. */
  readonly openaiBaseURL?: string | undefined;
  /** Where a provider's key is missing, let the demo provider answer. For one machine, never for AWS. */
  readonly demoWithoutKey?: (variable: string) => boolean;
};

const problem = (file: string, path: string, what: string): string => `${file}: ${path || 'the document'} ${what}`;

function read(file: string): string {
  if (!existsSync(file)) {
    throw new ConfigError(
      `${file} does not exist. Copy the sluice.json that ships with the gateway, or point SLUICE_CONFIG at another file.`,
    );
  }
  return readFileSync(file, 'utf8');
}

function parsedJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${file} is not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Reads and checks the document. Throws a `ConfigError` that lists every wrong field. */
export function readConfig(file: string): Config {
  const document = parsedJson(file, read(file));
  const parsed = z.safeParse(configSchema, document, { error: z.locales.en().localeError });
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => problem(file, path.join('.'), `is wrong. ${message}`));
    throw new ConfigError(`${wrong.join('\n')}\nThe schema is in sluice.schema.json; editors complete from it.`);
  }
  checkTargets(file, parsed.data);
  return parsed.data;
}

function checkTargets(file: string, config: Config): void {
  const { providers, models } = config;
  for (const [name, { targets }] of Object.entries(models)) {
    const seen = new Set<string>();
    for (const { provider, model, path: place } of placedTargets({ targets }, config)) {
      const path = `models.${name}.targets${place}`;
      // As two targets it would be asked twice without a wait, and beyond the budget of repetitions.
      if (seen.has(`${provider}/${model}`)) {
        throw new ConfigError(problem(file, path, 'is listed before. One that has failed is asked again by itself.'));
      }
      seen.add(`${provider}/${model}`);
      if (!Object.hasOwn(providers, provider)) {
        const known = Object.keys(providers).join(', ');
        throw new ConfigError(
          problem(file, path, `names the provider "${provider}", which "providers" does not have. It has: ${known}.`),
        );
      }
      if ((model === '*') !== (name === '*')) {
        throw new ConfigError(
          problem(file, path, 'is wrong: "provider/*" is the target of the model "*", and of no other.'),
        );
      }
    }
  }
}

function configuredPrice({ price }: ConfiguredModel): Price | undefined {
  if (!price) return undefined;
  const microDollars = (dollars: number) => Math.round(dollars * 1_000_000);
  return {
    input: microDollars(price.input),
    ...(price.cachedInput !== undefined && { cachedInput: microDollars(price.cachedInput) }),
    output: microDollars(price.output ?? 0),
  };
}

export function resolveConfig(config: Config, { now, openaiBaseURL, demoWithoutKey }: ResolveOptions): ResolvedConfig {
  const providers: Record<string, ProviderSettings> = { ...config.providers };
  // The name that demo answers go by; another provider of the document may have it already.
  const demo = (config.providers['demo']?.kind ?? 'demo') === 'demo' ? 'demo' : 'demo-answers';
  const isDemo = (provider: string): boolean => {
    const settings = config.providers[provider];
    if (settings === undefined || settings.kind === 'demo') return settings?.kind === 'demo';
    const variable = keyVariableOf(settings);
    return variable !== undefined && (demoWithoutKey?.(variable) ?? false);
  };
  for (const [name, { kind }] of Object.entries(config.providers)) {
    if (kind === 'demo' || !isDemo(name)) continue;
    delete providers[name];
    providers[demo] = { kind: 'demo' };
  }
  const servedBy = (provider: string): string =>
    isDemo(provider) ? (config.providers[provider]?.kind === 'demo' ? provider : demo) : provider;

  const listPrice = (provider: string, model: string): Price | null => {
    const seller = sellerOf(config.providers[provider], model);
    return priceOf(seller.provider, seller.model, now);
  };

  const windowOf = ({ provider, model }: PlacedTarget): number | undefined => {
    const seller = sellerOf(config.providers[provider], model);
    return contextWindowOf(seller.provider, seller.model, now);
  };

  const { '*': wildcard, ...named } = config.models;
  const models = Object.fromEntries(
    Object.entries(named).map(([name, model]) => {
      const placed = placedTargets(model, config);
      const targets = placed.map(({ provider, model: upstream, share }) => {
        const price = isDemo(provider) ? free : (configuredPrice(model) ?? listPrice(provider, upstream));
        return { provider: servedBy(provider), model: upstream, ...(share && { share }), price };
      });
      const contextWindow = model.contextWindow ?? least(placed.map(windowOf));
      const maxOutputTokens =
        model.maxOutputTokens ?? least(placed.map(({ model: upstream }) => knownMaxOutput(upstream)));
      return [
        name,
        {
          targets,
          ...(contextWindow !== undefined && { contextWindow }),
          ...(maxOutputTokens !== undefined && { maxOutputTokens }),
        },
      ];
    }),
  );

  const wildcardTargets =
    wildcard &&
    placedTargets(wildcard, config).map(({ provider, share }) => {
      const known = catalogueOf(sellerOf(config.providers[provider]).provider, now);
      const override = configuredPrice(wildcard);
      const entries = override ? [...known.map((entry) => ({ ...entry, price: override })), anyModel(override)] : known;
      const demoEntries = (entries.length > 0 ? entries : [anyModel(free)]).map((entry) => ({ ...entry, price: free }));
      return {
        provider: servedBy(provider),
        ...(share && { share }),
        entries: isDemo(provider) ? demoEntries : entries,
      };
    });

  const openai = providers['openai'];
  if (openaiBaseURL && openai?.kind === 'openai') providers['openai'] = { ...openai, baseURL: openaiBaseURL };

  const priced = { models, wildcard: wildcardTargets ?? null };
  const batchPriceFactors = Object.fromEntries(
    Object.keys(providers)
      .map((name) => [name, factorOf(providers, name)] as const)
      .filter(([, factor]) => factor !== 1),
  );
  // Where there is none, versions stay what they were.
  const rated = Object.keys(batchPriceFactors).length > 0 ? { ...priced, batchPriceFactors } : priced;
  return {
    priceVersion: createHash('sha256').update(JSON.stringify(rated, withoutPlaces)).digest('hex').slice(0, 12),
    builtAt: Math.floor(now.getTime() / 1000),
    providers,
    defaults: {
      limits: config.defaults?.limits ?? {},
      safety: config.defaults?.safety ?? {},
      context: config.defaults?.context ?? {},
      requestLog: config.defaults?.requestLog ?? {},
    },
    sweep: sweepSettingsSchema.parse(config.sweep ?? {}),
    resilience: resilienceSchema.parse(config.resilience ?? {}),
    runs: runsSchema.parse(config.runs ?? {}),
    batches: batchSettingsSchema.parse(config.batches ?? {}),
    tools: { functions: config.tools?.functions ?? [] },
    context: contextSettingsSchema.parse(config.context ?? {}),
    conversations: conversationSettingsSchema.parse(config.conversations ?? {}),
    ...priced,
  };
}

/** Where a target stands in the order does not change what it costs. */
const withoutPlaces = (name: string, value: unknown): unknown => (name === 'share' ? undefined : value);

/** What every target can do, as far as it is known of each. */
const least = (numbers: readonly (number | undefined)[]): number | undefined => {
  const known = numbers.filter((number) => number !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
};

const anyModel = (price: Price) => ({ exact: [], patterns: ['^'], price });

/** What the document says and this version does not do, for start and synth to print. */
export function warningsOf(resolved: ResolvedConfig): string[] {
  const unpriced = Object.entries(resolved.models)
    .filter(([, { targets }]) => targets.every(({ price }) => price === null))
    .map(
      ([name]) =>
        `models.${name} has no known price and is refused until it has one: add "price": { "input": …, "output": … }, in US dollars per million tokens.`,
    );
  const closesLive =
    resolved.sweep.ageSeconds < longestCallSeconds
      ? [
          `sweep.ageSeconds is less than a call can last (${longestCallSeconds}): calls that outlive it are closed at their bound.`,
        ]
      : [];
  return [...unpriced, ...unasked(resolved), ...unsummarised(resolved), ...closesLive];
}

function unasked({ models, wildcard, defaults }: ResolvedConfig): string[] {
  const { input = 'off', output = 'off' } = defaults.safety.moderation ?? {};
  const isAsked = input !== 'off' || output !== 'off';
  if (!isAsked || Object.hasOwn(models, moderationModel) || wildcard !== null) return [];
  return [
    `defaults.safety.moderation needs a model called ${moderationModel}: without it nothing can be checked. Add it to "models".`,
  ];
}

function unsummarised({ models, wildcard, defaults }: ResolvedConfig): string[] {
  const { summary_model: name } = defaults.context;
  if (name === undefined || Object.hasOwn(models, name) || wildcard !== null) return [];
  return [
    `defaults.context.summary_model is "${name}", which "models" does not have: what does not fit is left out and not summarised.`,
  ];
}

/** What Lambda allows. */
const longestCallSeconds = 900;
