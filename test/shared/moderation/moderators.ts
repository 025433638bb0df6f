/** Moderators in front of scripted providers, through the gateway's own: registry, `openai` provider, catalogue and circuits. */
import { resolveConfig } from '../../../infra/build/resolve-config.ts';
import { createCatalogue } from '../../../shared/catalogue/catalogue.ts';
import type { Config } from '../../../shared/config/schema.ts';
import { randomBase62 } from '../../../shared/ids.ts';
import type { ModerationQuestion, ModerationScores, Moderator } from '../../../shared/moderation/moderator.ts';
import { createModerator } from '../../../shared/moderation/provider-moderator.ts';
import type { Facts } from '../../../shared/observability/log.ts';
import type { WatchedEvent } from '../../../shared/observability/metrics.ts';
import { createProviders } from '../../../shared/providers/registry.ts';
import { moderationCategories } from '../../../shared/safety/categories.ts';
import type { TestDatabase } from '../../support/database.ts';
import { answer, type Script } from '../../support/scripted-provider.ts';
import { instance } from '../circuits/instances.ts';
import { context } from '../providers/asking.ts';

export const allAt = (score: number): Record<string, number> =>
  Object.fromEntries(moderationCategories.map((category) => [category, score]));

export const results = (...scores: readonly unknown[]) => ({
  id: 'modr-scripted',
  model: 'omni-moderation-latest',
  results: scores.map((category_scores) => ({ flagged: false, categories: {}, category_scores })),
});

export type Input = string | { readonly type: string; readonly image_url?: { readonly url: string } };

export const contentOf = (input: Input): string => (typeof input === 'string' ? input : (input.image_url?.url ?? ''));

/** Judges each input by itself, as OpenAI does: texts have a result each, parts one together. */
export const judging =
  (judge: (content: string) => ModerationScores): Script =>
  (response, asked) => {
    const inputs = asked.body['input'] as Input[];
    const judged = inputs.every((one) => typeof one === 'string') ? inputs : inputs.slice(0, 1);
    return answer(results(...judged.map((one) => ({ ...allAt(0), ...judge(contentOf(one)) }))))(response, asked);
  };

/** Finds violence where it is named, hate where it is. */
export const reading: Script = judging((content) => ({
  violence: content.includes('violence') ? 0.9 : 0.01,
  hate: content.includes('hate') ? 0.8 : 0.02,
}));

export type Target = { readonly baseURL: string };

type Price = NonNullable<Config['models'][string]['price']>;

/** A model for moderation at these providers, in turn. */
export function configured(targets: readonly Target[], price: Price = { input: 0, output: 0 }): Config {
  // No other test knows the names, and so none has their circuits.
  const named = targets.map(({ baseURL }) => ({ name: `p${randomBase62(10).toLowerCase()}`, baseURL }));
  return {
    providers: Object.fromEntries(
      named.map(({ name, baseURL }) => [name, { kind: 'openai', baseURL, apiKeyEnv: 'KEY' }]),
    ),
    models: {
      'omni-moderation-latest': { targets: named.map(({ name }, index) => `${name}/moderation-${index}`), price },
    },
  };
}

export type TestModerator = Moderator & {
  readonly logs: { readonly message: string; readonly facts: Facts }[];
  readonly events: WatchedEvent[];
  readonly clock: { nowMs: number };
  /** Of its circuits. */
  settled(): Promise<void>;
};

export function moderatorFor(database: TestDatabase, config: Config): TestModerator {
  const clock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
  const startedMs = performance.now();
  const now = () => clock.nowMs + performance.now() - startedMs;
  const resolved = resolveConfig(config, { now: new Date('2026-11-22T00:00:00Z') });
  const logs: TestModerator['logs'] = [];
  const events: WatchedEvent[] = [];
  const note = (message: string, facts: Facts = {}) => logs.push({ message, facts });
  const { circuits } = instance({ db: database.db, tableName: database.names.circuits, clock });
  const moderator = createModerator({
    catalogue: createCatalogue(resolved),
    providers: createProviders(resolved.providers, { ...context, credentials: async () => 'sk-of-the-provider' }),
    circuits,
    log: { info: note, warn: note, error: note },
    countEvent: (event) => events.push(event),
    now,
  });
  return { ...moderator, logs, events, clock, settled: () => circuits.settled() };
}

export const asks = (question: Partial<ModerationQuestion> = {}): ModerationQuestion => ({
  projectId: 'proj_a',
  requestId: 'req_1',
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  ...question,
});
