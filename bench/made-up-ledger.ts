/** A ledger that is made up as it is read: any number of rows, the same whenever one looks, and none of them kept. */
import { costMicroUsd } from '../shared/catalogue/price.ts';
import type { StoredAttempt } from '../shared/usage/attempt.ts';
import type { UsageStore } from '../shared/usage/usage-store.ts';

const models = [
  { model: 'gpt-5.5', price: { input: 1_250_000, cachedInput: 125_000, output: 10_000_000 }, provider: 'openai' },
  { model: 'gpt-5.5-mini', price: { input: 250_000, cachedInput: 25_000, output: 2_000_000 }, provider: 'openai' },
  { model: 'house', price: { input: 200_000, cachedInput: 50_000, output: 600_000 }, provider: 'backup' },
  { model: 'text-embedding-3-large', price: { input: 130_000, output: 0 }, provider: 'openai' },
] as const;
const outcomes = ['refused', 'failed', 'timed_out', 'cut'] as const;

/** A number in [0, 1) that is always the same for the same two. https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
function chance(seed: number, salt: number): number {
  let a = (seed * 2_654_435_761 + salt * 40_503) | 0;
  a = Math.imul(a ^ (a >>> 15), a | 1);
  a ^= a + Math.imul(a ^ (a >>> 7), a | 61);
  return ((a ^ (a >>> 14)) >>> 0) / 4_294_967_296;
}

const digitsOf = (text: string): number => Number(text.replace(/\D/g, '')) || 0;

export type MadeUp = { readonly everyMs: number; readonly keysPerProject: number };

/** One row every so many milliseconds, in each project. */
export function madeUpRow(projectId: string, startedAtMs: number, { keysPerProject }: MadeUp): StoredAttempt {
  const seed = Math.floor(startedAtMs / 1000) + digitsOf(projectId) * 7_919;
  const { model, price, provider } = models[Math.floor(chance(seed, 1) ** 2 * models.length)] ?? models[0];
  const key = Math.floor(chance(seed, 2) ** 3 * keysPerProject);
  const embeds = model.startsWith('text-embedding');
  const input = Math.floor(400 + chance(seed, 3) * 6_000);
  const cachedInput = chance(seed, 4) < 0.4 && !embeds ? Math.floor(input * 0.7) : 0;
  const failed = chance(seed, 5) < 0.02;
  const tokens = failed
    ? { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 }
    : { input, cachedInput, cacheWrite: 0, output: embeds ? 0 : Math.floor(chance(seed, 6) * 1_200) };
  return {
    id: `att_${projectId}_${startedAtMs}`,
    projectId,
    requestId: 'made-up',
    ordinal: 1,
    kind: embeds ? 'embeddings' : 'completions',
    apiKeyId: `key_${projectId}_${key}`,
    serviceAccountId: `svc_${projectId}`,
    model,
    provider,
    upstreamModel: model,
    streamed: true,
    startedAtMs,
    inputBytes: input * 4,
    price,
    priceVersion: 'made-up',
    state: 'settled',
    outcome: failed ? (outcomes[Math.floor(chance(seed, 7) * outcomes.length)] ?? 'failed') : 'succeeded',
    inputTokens: tokens.input,
    cachedInputTokens: tokens.cachedInput,
    cacheWriteTokens: 0,
    outputTokens: tokens.output,
    reasoningTokens: 0,
    estimated: false,
    costMicroUsd: costMicroUsd(tokens, price),
    firstByteMs: 300,
    latencyMs: 2_000,
    settledBy: 'gateway',
  };
}

export function madeUpLedger(made: MadeUp): Pick<UsageStore, 'between'> {
  return {
    async *between(projectId, fromMs, toMs) {
      for (let at = Math.ceil(fromMs / made.everyMs) * made.everyMs; at < toMs; at += made.everyMs) {
        yield madeUpRow(projectId, at, made);
      }
    },
  };
}
