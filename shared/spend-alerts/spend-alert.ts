/** A spend alert: whom to tell once a month's spend reaches an amount. */
import * as z from 'zod/mini';

/** What has become of an alert in one month: docs/adr/0035. */
const firingSchema = z.discriminatedUnion('state', [
  /** Somebody is about to tell, or died on the way. */
  z.object({ state: z.literal('claimed'), thresholdCents: z.int(), claimId: z.string(), claimedAtMs: z.int() }),
  z.object({ state: z.literal('sent'), thresholdCents: z.int(), claimId: z.string(), sentAtMs: z.int() }),
]);
export type Firing = z.infer<typeof firingSchema>;

/** By month, `2026-11`. */
const firingsSchema = z.record(z.string(), firingSchema);
export type Firings = Readonly<Record<string, Firing>>;

export const spendAlertSettingsSchema = z.object({
  thresholdCents: z.int(),
  recipients: z.array(z.string()),
  subjectPrefix: z.nullable(z.string()),
});
export type SpendAlertSettings = z.infer<typeof spendAlertSettingsSchema>;

export const spendAlertSchema = z.object({
  /** The project whose spend is meant, or `organization` for all of them together. */
  scope: z.string(),
  id: z.string(),
  ...spendAlertSettingsSchema.shape,
  /** Goes up with every change, so that a claim is made on what was read or not at all. */
  version: z.int(),
  firings: firingsSchema,
});
export type SpendAlert = z.infer<typeof spendAlertSchema>;

/** The scope of the organization's own alerts. No project's id looks like it. */
export const organizationScope = 'organization';

const microUsdPerCent = 10_000;
export const thresholdMicroUsd = ({ thresholdCents }: SpendAlertSettings): number => thresholdCents * microUsdPerCent;

const objectOf = (scope: string) => (scope === organizationScope ? 'organization.spend_alert' : 'project.spend_alert');

/** `organization.spend_alert` and `project.spend_alert` of the `openai` package. */
export const spendAlertObject = ({ scope, id, thresholdCents, recipients, subjectPrefix }: SpendAlert) => ({
  object: objectOf(scope),
  id,
  currency: 'USD',
  interval: 'month',
  threshold_amount: thresholdCents,
  notification_channel: { type: 'email', recipients, subject_prefix: subjectPrefix },
});

export const deletedSpendAlertObject = (scope: string, id: string) => ({
  object: `${objectOf(scope)}.deleted`,
  id,
  deleted: true,
});
