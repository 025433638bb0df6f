/** The rate limits of a project together: in which order they are listed, and how one of them is changed. */
import { GatewayError } from '../errors.ts';
import type { Page } from '../http/page.ts';
import { burstProblem } from './burst.ts';
import { type Limits, limitsOfModel, type ProjectPolicy, unlimited } from './limits.ts';
import { limitsAfter, modelOfRateLimit, type RateLimitWishes, wholeProject } from './rate-limit.ts';

/** Every call of the project reads them all, and counts against their counters, which share one item. */
export const maxLimitedModels = 50;

export type ProjectRateLimitWishes = RateLimitWishes & { readonly max_concurrent_streams?: number | undefined };

const isEmpty = (limits: Limits): boolean => Object.keys(limits).length === 0;

function checked(limits: Limits): Limits {
  const message = burstProblem(limits);
  if (message !== null) throw new GatewayError('invalid_request', { message: `${message}.`, param: 'burst' });
  return limits;
}

/** What changes in the policy. Throws where the limits would contradict each other. */
export function policyAfter(
  policy: ProjectPolicy,
  model: string,
  { max_concurrent_streams: streams, ...wishes }: ProjectRateLimitWishes,
): Partial<ProjectPolicy> {
  if (model === wholeProject) {
    return {
      limits: checked(limitsAfter(policy.limits, wishes)),
      ...(streams !== undefined && { concurrentStreams: streams < unlimited ? streams : null }),
    };
  }
  if (streams !== undefined) {
    throw new GatewayError('invalid_request', {
      message: 'Streams under way are limited for the project as a whole: update rl_project.',
      param: 'max_concurrent_streams',
    });
  }
  const { [model]: _replaced, ...others } = policy.modelLimits;
  const limits = checked(limitsAfter(limitsOfModel(policy, model), wishes));
  if (isEmpty(limits)) return { modelLimits: others };
  if (Object.keys(others).length >= maxLimitedModels) {
    throw new GatewayError('conflict', {
      message: `At most ${maxLimitedModels} models of a project have limits of their own. Take another's away first.`,
    });
  }
  return { modelLimits: { ...others, [model]: limits } };
}

export type RateLimitPageRequest = {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
};

/** The project as a whole comes first. */
const place = (model: string): string => (model === wholeProject ? '' : model);
const placeOf = (id: string): string => place(modelOfRateLimit(id) ?? '');

/** `before` alone asks for the page that ends there. The objects that cursors name may have gone since. */
export function rateLimitPage(models: readonly string[], { after, before, limit }: RateLimitPageRequest): Page<string> {
  const found = [wholeProject, ...models.toSorted()].filter(
    (model) =>
      (after === undefined || place(model) > placeOf(after)) &&
      (before === undefined || place(model) < placeOf(before)),
  );
  const backwards = before !== undefined && after === undefined;
  return { items: backwards ? found.slice(-limit) : found.slice(0, limit), hasMore: found.length > limit };
}
