/** Limits in the words of the control plane: `project.rate_limit` of the `openai` package, and what our keys have like it. */
import { isModelName } from '../config/model-name.ts';
import { burstOf } from './burst.ts';
import { type Limits, limitsOfModel, type ProjectPolicy, unlimited } from './limits.ts';

/** What a rate limit applies to: a model by its name, or the project as a whole. */
export const wholeProject = '*';

const wholeProjectId = 'rl_project';

export const rateLimitId = (model: string): string => (model === wholeProject ? wholeProjectId : `rl-${model}`);

/** Null for an id that no rate limit can have. */
export function modelOfRateLimit(id: string): string | null {
  if (id === wholeProjectId) return wholeProject;
  const name = id.startsWith('rl-') ? id.slice('rl-'.length) : '';
  return isModelName(name) ? name : null;
}

const wordsOf = {
  requestsPerMinute: 'max_requests_per_1_minute',
  tokensPerMinute: 'max_tokens_per_1_minute',
  requestsPerDay: 'max_requests_per_1_day',
  burst: 'burst',
} as const satisfies Record<keyof Limits, string>;

type Word = (typeof wordsOf)[keyof Limits];

/** What is absent stays; `unlimited`, or more, takes a limit away. */
export type RateLimitWishes = { readonly [Field in Word]?: number | undefined };

export function limitsAfter(current: Limits, wishes: RateLimitWishes): Limits {
  const wanted = (limit: keyof Limits): number => wishes[wordsOf[limit]] ?? current[limit] ?? unlimited;
  const isLifted = wanted('requestsPerMinute') >= unlimited;
  const isNew = wishes.max_requests_per_1_minute !== undefined;
  const names = (Object.keys(wordsOf) as (keyof Limits)[])
    .filter((limit) => wanted(limit) < unlimited)
    // A burst goes together with its limit: without one there is none, and with a new one it is a sixth of it again.
    .filter((limit) => limit !== 'burst' || wishes.burst !== undefined || (!isLifted && !isNew));
  return Object.fromEntries(names.map((limit) => [limit, wanted(limit)]));
}

/** Every number, `unlimited` where there is no limit, so that what was read can be written back. */
export const limitNumbers = (limits: Limits): Record<Word, number> => ({
  max_requests_per_1_minute: limits.requestsPerMinute ?? unlimited,
  max_tokens_per_1_minute: limits.tokensPerMinute ?? unlimited,
  max_requests_per_1_day: limits.requestsPerDay ?? unlimited,
  burst: burstOf(limits) ?? unlimited,
});

export const rateLimitObject = (policy: ProjectPolicy, model: string) => ({
  object: 'project.rate_limit',
  id: rateLimitId(model),
  model,
  ...limitNumbers(model === wholeProject ? policy.limits : limitsOfModel(policy, model)),
  ...(model === wholeProject && { max_concurrent_streams: policy.concurrentStreams ?? unlimited }),
});
