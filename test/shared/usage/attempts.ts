/** Rows of the ledger, made up. */
import fc from 'fast-check';
import type { OpenAttempt, Settlement, StoredAttempt } from '../../../shared/usage/attempt.ts';

export const attempt = (changes: Partial<OpenAttempt> = {}): OpenAttempt => ({
  id: 'att_1',
  projectId: 'proj_a',
  requestId: 'request',
  ordinal: 1,
  kind: 'completions',
  apiKeyId: 'key_a',
  serviceAccountId: 'svc_a',
  model: 'gpt-4o',
  provider: 'openai',
  upstreamModel: 'gpt-4o',
  streamed: false,
  startedAtMs: Date.parse('2026-11-22T10:00:00Z'),
  inputBytes: 400,
  price: { input: 2_500_000, output: 10_000_000 },
  priceVersion: 'v1',
  ...changes,
});

export const settled = (changes: Partial<Settlement> = {}): Settlement => ({
  outcome: 'succeeded',
  inputTokens: 100,
  cachedInputTokens: 40,
  cacheWriteTokens: 10,
  outputTokens: 20,
  reasoningTokens: 5,
  estimated: false,
  costMicroUsd: 450,
  firstByteMs: 12,
  latencyMs: 345,
  settledBy: 'gateway',
  ...changes,
});

/** Any row that started in [fromMs, toMs). */
export const anyRow = (fromMs: number, toMs: number): fc.Arbitrary<StoredAttempt> =>
  fc
    .record({
      startedAtMs: fc.integer({ min: fromMs, max: toMs - 1 }),
      kind: fc.constantFrom('completions' as const, 'embeddings' as const, 'moderations' as const),
      projectId: fc.constantFrom('proj_a', 'proj_b'),
      apiKeyId: fc.constantFrom('key_a', 'key_b', 'key_c'),
      serviceAccountId: fc.constantFrom('svc_a', 'svc_b'),
      model: fc.constantFrom('gpt-4o', 'gpt-5.5', 'house'),
      inputBytes: fc.nat(5_000),
      usage: fc.option(fc.record({ input: fc.nat(5_000), cached: fc.nat(100), output: fc.nat(5_000) })),
      id: fc.uuid(),
      batch: fc.option(fc.record({ priceFactor: fc.option(fc.constantFrom(0.5, 0.333333)) })),
    })
    .map(({ usage, batch, ...row }) => {
      const ofBatch: Partial<OpenAttempt> = {
        ...(batch && { batch: true }),
        ...(batch?.priceFactor && { priceFactor: batch.priceFactor }),
      };
      return { usage, open: { ...row, ...ofBatch } };
    })
    .map(({ usage, open }) =>
      usage === null
        ? { ...attempt(open), state: 'open' }
        : {
            ...attempt(open),
            state: 'settled',
            ...settled({
              inputTokens: usage.input + usage.cached,
              cachedInputTokens: usage.cached,
              cacheWriteTokens: 0,
              outputTokens: usage.output,
            }),
          },
    );
