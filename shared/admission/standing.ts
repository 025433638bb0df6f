/** How far a caller is from its limits: for the x-ratelimit headers of every answer, and for `GET /v1/key`. */
import type { Counters } from './counters.ts';
import { tokenState } from './decide.ts';
import type { Meters } from './meters.ts';
import { remainingRequests, resetUs } from './rate.ts';
import { remainingTokens } from './token-bucket.ts';

export type Remaining = { readonly limit: number; readonly remaining: number; readonly resetMs: number };
export type Standing = { readonly requests: Remaining | null; readonly tokens: Remaining | null };

/** Of several limits, the one that is nearest. */
const nearest = (candidates: readonly Remaining[]): Remaining | null =>
  candidates.reduce<Remaining | null>(
    (least, candidate) => (least === null || candidate.remaining < least.remaining ? candidate : least),
    null,
  );

export function standingOf(meters: Meters, counters: Counters, nowMs: number): Standing {
  const nowUs = nowMs * 1000;
  const { shards } = meters.share;
  return {
    requests: nearest(
      meters.requests.map(({ rate, attribute, limit }) => ({
        limit,
        // Other shards have as much, as far as this one knows.
        remaining: remainingRequests(rate, counters[attribute], nowUs) * shards,
        resetMs: Math.ceil(resetUs(counters[attribute], nowUs) / 1000),
      })),
    ),
    tokens: nearest(
      meters.tokens.map(({ rate, attributes, limit }) => ({
        limit,
        remaining: remainingTokens(rate, tokenState(attributes, counters), nowUs) * shards,
        resetMs: Math.ceil(Math.max(0, (counters[attributes.sum] ?? 0) - nowUs) / 1000),
      })),
    ),
  };
}

/** As OpenAI writes them: `12ms`, `1s`, `6m0s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}

export const rateLimitHeaders = ({ requests, tokens }: Standing): Record<string, string> => ({
  ...headersFor('requests', requests),
  ...headersFor('tokens', tokens),
});

const headersFor = (kind: 'requests' | 'tokens', standing: Remaining | null): Record<string, string> =>
  standing === null
    ? {}
    : {
        [`x-ratelimit-limit-${kind}`]: String(standing.limit),
        [`x-ratelimit-remaining-${kind}`]: String(standing.remaining),
        [`x-ratelimit-reset-${kind}`]: durationText(standing.resetMs),
      };
