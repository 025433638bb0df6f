/** What a project keeps of its calls, in the words of the control plane. */
import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import {
  type ProjectRequestLog,
  type RequestLogWishes,
  requestLogOf,
  requestLogWishesSchema,
} from './project-request-log.ts';

const { mode, retention_days: retentionDays, sample, include } = requestLogWishesSchema.shape;

/** What is absent stays; null takes away what the project has of its own. Unknown members are refused. */
export const requestLogPolicyUpdateSchema = z.strictObject({
  mode: z.optional(z.nullable(mode.def.innerType)),
  retention_days: z.optional(z.nullable(retentionDays.def.innerType)),
  sample: z.optional(z.nullable(sample.def.innerType)),
  include: z.optional(z.nullable(include.def.innerType)),
});
export type RequestLogPolicyWishes = z.infer<typeof requestLogPolicyUpdateSchema>;

const after = <Value>(before: Value | null, wished: Value | null | undefined): Value | null =>
  wished === undefined ? before : wished;

export const requestLogAfter = (before: ProjectRequestLog, wishes: RequestLogPolicyWishes): ProjectRequestLog => ({
  mode: after(before.mode, wishes.mode),
  retentionDays: after(before.retentionDays, wishes.retention_days),
  sample: after(before.sample, wishes.sample),
  include: after(before.include, wishes.include),
});

/** Content is kept under a key of the customer's own, or not at all. */
export function refuseUnreadable({ mode: wished }: RequestLogPolicyWishes, hasKey: boolean): void {
  if (wished !== 'content' || hasKey) return;
  throw new GatewayError('invalid_request', {
    message:
      "This deployment has no key to encrypt content with. Deploy it with the ARN of a KMS key of yours in its own region: cdk deploy -c requestLogKey=arn:aws:kms:… Until then 'metadata' can be kept.",
    param: 'mode',
  });
}

/** `project.request_log_policy`, in the manner of the `openai` package, which has none: what holds, and what of it is the project's own. */
export function requestLogPolicyObject(own: ProjectRequestLog, defaults: RequestLogWishes) {
  const { retentionDays: days, ...holds } = requestLogOf(defaults, own);
  return {
    object: 'project.request_log_policy',
    mode: holds.mode,
    retention_days: days,
    sample: holds.sample,
    include: holds.include,
    overrides: { mode: own.mode, retention_days: own.retentionDays, sample: own.sample, include: own.include },
  };
}
