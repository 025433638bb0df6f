/** From how an attempt ended to what the ledger says of it. */
import type { Hold } from '../admission/hold.ts';
import { costMicroUsd, noTokens, type Price } from '../catalogue/price.ts';
import { type GatewayError, upstreamTimeouts } from '../errors.ts';
import { FailedResponse } from '../providers/failed-response.ts';
import type { Outcome, Settlement } from '../usage/attempt.ts';
import type { Usage } from '../usage/token-usage.ts';

export type Timing = { readonly firstByteMs: number | null; readonly latencyMs: number };

export const nothingUsed: Usage = { ...noTokens, reasoning: 0 };

export function settlement(
  outcome: Outcome,
  usage: Usage,
  price: Price,
  timing: Timing,
  estimated = false,
): Settlement {
  return {
    outcome,
    inputTokens: usage.input,
    cachedInputTokens: usage.cachedInput,
    cacheWriteTokens: usage.cacheWrite,
    outputTokens: usage.output,
    reasoningTokens: usage.reasoning,
    estimated,
    costMicroUsd: costMicroUsd(usage, price),
    firstByteMs: timing.firstByteMs === null ? null : Math.round(timing.firstByteMs),
    latencyMs: Math.round(timing.latencyMs),
    settledBy: 'gateway',
  };
}

const outcomeOf = ({ why }: GatewayError): Outcome =>
  upstreamTimeouts.includes(why) ? 'timed_out' : why === 'invalid_request' ? 'refused' : 'failed';

/** An attempt that ended before its first byte: no provider asks money for it, unless it says so. */
export const failedSettlement = (error: GatewayError, price: Price, timing: Timing): Settlement =>
  settlement(outcomeOf(error), (error instanceof FailedResponse && error.usage) || nothingUsed, price, timing);

/** About four bytes a token, for want of the provider's own count. */
export const estimatedTokens = (bytes: number): number => Math.ceil(bytes / 4);

/** Our own count where the provider gave none: never more than the call may have taken. */
export const estimatedUsage = (input: number, output: number, hold: Hold): Usage => ({
  ...nothingUsed,
  input: Math.min(input, hold.inputTokens),
  output: Math.min(output, hold.outputTokens),
});

/** Was it a provider that failed, so that something else may stand in? Never for what is the caller's own fault. */
export const isProvidersFault = ({ recovery, why }: GatewayError): boolean =>
  recovery !== 'none' && why !== 'invalid_request';
