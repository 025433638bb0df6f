/** What the control plane reads of requests about limits. Unknown members are refused: patchable fields are an allow-list. */
import * as z from 'zod/mini';
import { modelNamePattern } from '../config/model-name.ts';
import { wholeNumber } from '../http/page.ts';
import { burstProblem } from './burst.ts';
import { limitsAfter, modelOfRateLimit } from './rate-limit.ts';
import { maxThresholdCents } from './spend-limit.ts';

const positive = z.int().check(z.minimum(1));

const limitFields = {
  max_requests_per_1_minute: z.optional(positive),
  max_tokens_per_1_minute: z.optional(positive),
  max_requests_per_1_day: z.optional(positive),
  burst: z.optional(positive),
};

/** Accepted as null; a number would promise what nobody holds. */
const noSuchLimit = z.nullish(z.null('this gateway has no such limit'));

const projectLimitFields = {
  ...limitFields,
  batch_1_day_max_input_tokens: noSuchLimit,
  max_audio_megabytes_per_1_minute: noSuchLimit,
  max_images_per_1_minute: noSuchLimit,
};

export const rateLimitUpdateSchema = z.strictObject({
  ...projectLimitFields,
  max_concurrent_streams: z.optional(positive),
});

/** A key's limits, which are replaced as a whole, so that they can be checked by themselves. */
export const keyRateLimitSchema = z.strictObject(limitFields).check((context) => {
  const problem = burstProblem(limitsAfter({}, context.value));
  if (problem !== null) {
    context.issues.push({ code: 'custom', input: context.value, path: ['burst'], message: problem });
  }
});

const cursor = z.optional(
  z.string().check(z.refine((id) => modelOfRateLimit(id) !== null, 'expected a rate limit id')),
);

export const rateLimitListSchema = z.strictObject({
  limit: z._default(wholeNumber(1, 100), 100),
  after: cursor,
  before: cursor,
});

export const spendLimitSchema = z.strictObject({
  currency: z.enum(['USD']),
  interval: z.enum(['month']),
  /** In cents. */
  threshold_amount: z.int().check(z.minimum(0), z.maximum(maxThresholdCents)),
});

/** Every call of the project carries its permissions along, so they are kept short. */
const maxModelIds = 200;

const isNameOrPrefix = (entry: string): boolean =>
  entry === '*' || modelNamePattern.test(entry.endsWith('*') ? entry.slice(0, -1) : entry);

export const modelPermissionsUpdateSchema = z.strictObject({
  mode: z.enum(['allow_list', 'deny_list']),
  model_ids: z
    .array(z.string().check(z.refine(isNameOrPrefix, 'expected the name of a model, or its beginning and a *')))
    .check(z.maxLength(maxModelIds)),
});
