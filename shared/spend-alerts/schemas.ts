/** What the control plane reads of requests about spend alerts. */
import * as z from 'zod/mini';
import { cursor, pageQuery } from '../http/page.ts';
import type { SpendAlertSettings } from './spend-alert.ts';

/** A billion dollars: whoever types more has slipped. In cents, as OpenAI has it. */
const thresholdAmount = z.int().check(z.minimum(1), z.maximum(100_000_000_000));

/** They reach mail headers: no control characters, so that nobody adds a header of their own. */
const subjectPrefix = z.string().check(z.maxLength(64), z.regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'has control characters'));

/** Its length first, as RFC 5321 has it: the pattern never sees a long one. */
const address = z.string().check(z.maxLength(254, { abort: true }), z.email());

const notificationChannel = z.strictObject({
  type: z.enum(['email']),
  recipients: z.array(address).check(z.minLength(1), z.maxLength(20)),
  subject_prefix: z.nullish(subjectPrefix),
});

/** An update gives all of it anew, as a creation does. */
export const spendAlertInputSchema = z.strictObject({
  currency: z.enum(['USD']),
  interval: z.enum(['month']),
  threshold_amount: thresholdAmount,
  notification_channel: notificationChannel,
});

export const spendAlertListSchema = z.strictObject({
  ...pageQuery,
  before: z.optional(cursor),
  order: z._default(z.enum(['asc', 'desc']), 'asc'),
});

export const settingsOf = ({
  threshold_amount,
  notification_channel: { recipients, subject_prefix },
}: z.infer<typeof spendAlertInputSchema>): SpendAlertSettings => ({
  thresholdCents: threshold_amount,
  recipients,
  subjectPrefix: subject_prefix ?? null,
});
