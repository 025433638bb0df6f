/** What of a project's calls is kept in its request log, as a project has it. Stored with the project: docs/adr/0031, docs/adr/0076. */
import * as z from 'zod/mini';

const says = z.describe;

/** Off: nothing. Metadata: names, ids and numbers. Content: what was asked and answered as well. */
export const requestLogModes = ['off', 'metadata', 'content'] as const;
const mode = z.enum(requestLogModes);
export type RequestLogMode = z.infer<typeof mode>;

/** Days. A bucket can delete by tag, and each has a rule: so there are few. */
export const retentionClasses = [1, 7, 30, 90, 365] as const;
const retentionDays = z.literal(retentionClasses);
export type RetentionDays = z.infer<typeof retentionDays>;

const parts = ['request', 'response'] as const;
export type LoggedPart = (typeof parts)[number];
const include = z.array(z.enum(parts)).check(z.minLength(1), z.maxLength(parts.length));

const sample = z.number().check(z.minimum(0), z.maximum(1));

/** As it is written, in `defaults.requestLog` of `sluice.json` and by the control plane. */
export const requestLogWishesSchema = z.strictObject({
  mode: z.optional(
    mode.check(
      says(
        'What is kept of calls: nothing (`off`), names and numbers (`metadata`), or what was asked and answered as well (`content`), redacted and encrypted with a key of yours.',
      ),
    ),
  ),
  retention_days: z.optional(retentionDays.check(says('For how many days: 30 if absent.'))),
  sample: z.optional(sample.check(says('Which share of the calls is kept: 1, all of them, if absent.'))),
  include: z.optional(include.check(says('What of the content: `request`, `response`, or both, as if absent.'))),
});
export type RequestLogWishes = z.infer<typeof requestLogWishesSchema>;

/** Null: as `defaults.requestLog` of `sluice.json` has it. */
export const projectRequestLogSchema = z.object({
  mode: z._default(z.nullable(mode), null),
  retentionDays: z._default(z.nullable(retentionDays), null),
  sample: z._default(z.nullable(sample), null),
  include: z._default(z.nullable(include), null),
});
export type ProjectRequestLog = z.infer<typeof projectRequestLogSchema>;

export type RequestLogPolicy = {
  readonly mode: RequestLogMode;
  readonly retentionDays: RetentionDays;
  /** In [0, 1]. */
  readonly sample: number;
  readonly include: readonly LoggedPart[];
};

export const requestLogOf = (defaults: RequestLogWishes, own: ProjectRequestLog): RequestLogPolicy => ({
  mode: own.mode ?? defaults.mode ?? 'off',
  retentionDays: own.retentionDays ?? defaults.retention_days ?? 30,
  sample: own.sample ?? defaults.sample ?? 1,
  include: own.include ?? defaults.include ?? parts,
});
