/**
 * What becomes of a conversation that does not fit its model's window, as a project has it. Stored with the project:
 * docs/adr/0031, docs/adr/0061.
 */
import * as z from 'zod/mini';
import { modelNamePattern } from '../config/model-name.ts';

const says = z.describe;

export const truncationSchema = z.enum(['auto', 'disabled']);
export type Truncation = z.infer<typeof truncationSchema>;

const summaryModel = z.string().check(z.regex(modelNamePattern, 'is not a name that a model can have'));

/** As it is written, in `defaults.context` of `sluice.json` and by the control plane. */
export const contextWishesSchema = z.strictObject({
  truncation: z.optional(
    truncationSchema.check(
      says(
        'What is done with a conversation that does not fit its model: `auto` leaves its oldest turns out, `disabled` refuses it. A request to /v1/responses may say otherwise for itself.',
      ),
    ),
  ),
  summary_model: z.optional(
    summaryModel.check(
      says('A model that summarises what `auto` would leave out: a call of its own, which costs what it costs.'),
    ),
  ),
});
export type ContextWishes = z.infer<typeof contextWishesSchema>;

/** Null: as `defaults.context` of `sluice.json` has it. */
export const projectContextSchema = z.object({
  truncation: z._default(z.nullable(truncationSchema), null),
  summaryModel: z._default(z.nullable(z.string()), null),
});
export type ProjectContext = z.infer<typeof projectContextSchema>;

export type ContextPolicy = {
  readonly truncation: Truncation;
  /** Null: what does not fit is left out. */
  readonly summaryModel: string | null;
};

/** Who says what is done also says with which model: a project that has `truncation` of its own does without the document's. */
export const contextOf = (defaults: ContextWishes, { truncation, summaryModel }: ProjectContext): ContextPolicy => ({
  truncation: truncation ?? defaults.truncation ?? 'disabled',
  summaryModel: summaryModel ?? (truncation === null ? (defaults.summary_model ?? null) : null),
});

/** Of a response, what its request says; otherwise, what its project has. */
export function truncationOf({ truncation }: Readonly<Record<string, unknown>>, policy: ContextPolicy): Truncation {
  const requested = truncationSchema.safeParse(truncation);
  return requested.success ? requested.data : policy.truncation;
}
