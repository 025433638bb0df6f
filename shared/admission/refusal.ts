/** Why a call is not admitted, and how that is told: a 429 that says when it may come again, or that it need not. */
import { GatewayError } from '../errors.ts';
import type { RequestMeter, ScopeName, TokenMeter } from './meters.ts';

export type Refusal =
  | { readonly why: 'requests'; readonly meter: RequestMeter; readonly retryAfterMs: number }
  | { readonly why: 'tokens'; readonly meter: TokenMeter; readonly retryAfterMs: number; readonly held: boolean }
  /** At no time. */
  | { readonly why: 'too many tokens'; readonly meter: TokenMeter; readonly inputTokens: number }
  | { readonly why: 'streams' }
  /** Spent, so that nothing but time or a higher limit helps. */
  | { readonly why: 'money'; readonly scope: 'project' | 'key' | 'organization' }
  /** Reserved by calls under way, which may give some back at any moment. */
  | { readonly why: 'money held'; readonly scope: 'project' | 'key' | 'organization' };

/** Calls under way end at any moment. */
const heldRetryMs = 1_000;

/** Only time can lift it, and no other call's end: it may be remembered until then. */
export const isLasting = (refusal: Refusal): boolean =>
  refusal.why === 'requests' || refusal.why === 'too many tokens' || (refusal.why === 'tokens' && !refusal.held);

export const retryAfterMs = (refusal: Refusal): number | null => {
  if (refusal.why === 'money' || refusal.why === 'too many tokens') return null;
  return 'retryAfterMs' in refusal ? Math.max(1, refusal.retryAfterMs) : heldRetryMs;
};

const whose: Record<ScopeName | 'organization', string> = {
  project: "The project's",
  model: "The project's, for this model,",
  key: "This API key's",
  organization: "The organization's",
};

function message(refusal: Refusal): string {
  switch (refusal.why) {
    case 'requests':
      return `${whose[refusal.meter.scope]} limit of ${refusal.meter.limit} requests per ${refusal.meter.per} is reached. Wait as long as the retry-after header says.`;
    case 'tokens':
      return `${whose[refusal.meter.scope]} limit of ${refusal.meter.limit} tokens per minute is reached. Wait as long as the retry-after header says, or ask for fewer tokens.`;
    case 'too many tokens':
      return `The request may take ${refusal.inputTokens} tokens of input alone, and ${whose[refusal.meter.scope].toLowerCase()} limit of ${refusal.meter.limit} tokens per minute never admits so many at once. Shorten it.`;
    case 'streams':
      return 'The project has as many streams under way as it may. Wait until one ends.';
    case 'money':
      return `${whose[refusal.scope]} spend limit of this month is used up, or does not suffice for this request.`;
    case 'money held':
      return `What is left of ${whose[refusal.scope].toLowerCase()} spend limit is reserved by calls under way. Try again shortly.`;
  }
}

/** `standing`: the x-ratelimit headers. A refusal has them like every other answer. */
export function refusalError(refusal: Refusal, standing: Readonly<Record<string, string>>): GatewayError {
  const wait = retryAfterMs(refusal);
  const why =
    refusal.why === 'money'
      ? 'insufficient_quota'
      : refusal.why === 'tokens' || refusal.why === 'too many tokens'
        ? 'token_limit_exceeded'
        : 'rate_limit_exceeded';
  return new GatewayError(why, {
    message: message(refusal),
    headers: {
      ...standing,
      ...(wait === null
        ? { 'x-should-retry': 'false' }
        : { 'retry-after': String(Math.ceil(wait / 1000)), 'retry-after-ms': String(wait) }),
    },
  });
}
