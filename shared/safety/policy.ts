/**
 * A safety policy: what the guardrails look for, and what they do when they find it. It has one set of words, those of
 * the control plane, in `defaults.safety` of `sluice.json` as well: what is tried on a project can be copied into the
 * document. docs/adr/0052
 */
import * as z from 'zod/mini';
import { entityKinds } from '../redaction/entity.ts';
import { categoryNames, moderationCategories } from './categories.ts';

const says = z.describe;
const score = z.number().check(z.minimum(0), z.maximum(1));
const mode = z.enum(['off', 'flag', 'block']);
const entities = z.array(z.enum(entityKinds));

const injectionShape = {
  mode: z.optional(
    z
      .enum(['off', 'flag', 'sanitize', 'block'])
      .check(says('What is done with text that tries to give the model other instructions.')),
  ),
  threshold: z.optional(score.check(says('The score from which on it is taken for one: 0.5.'))),
};

const moderationShape = {
  input: z.optional(mode.check(says('What is done with a request that moderation finds unsafe.'))),
  output: z.optional(mode.check(says('The same for answers, also while they stream.'))),
  categories: z.optional(
    z
      .array(z.enum(categoryNames))
      .check(z.minLength(1), says('What counts. Absent: everything. `hate` includes `hate/threatening`, and so on.')),
  ),
  threshold: z.optional(score.check(says('Above this score a category is violated: 0.5.'))),
  thresholds: z.optional(z.partialRecord(z.enum(categoryNames), score).check(says('The same for single categories.'))),
  require_all: z.optional(z.boolean().check(says('Unsafe only where all of `categories` are violated.'))),
  on_unavailable: z.optional(
    z.enum(['block', 'allow']).check(says('What is done with content that could not be checked: `block`.')),
  ),
  alongside: z.optional(
    z.boolean().check(says('The input is checked while the model works already; the answer is withheld until then.')),
  ),
  timeout_ms: z.optional(
    z.int().check(z.minimum(50), z.maximum(60_000), says('How long a check may take before it counts as unavailable.')),
  ),
  window: z.optional(
    z
      .int()
      .check(
        z.minimum(20),
        z.maximum(8_000),
        says('Characters of a stream that are held back at most before they are checked, if no sentence ends earlier.'),
      ),
  ),
};

const redactionShape = {
  input: z.optional(entities.check(says('What is replaced before the provider sees it.'))),
  output: z.optional(entities.check(says('What is replaced before the caller sees it.'))),
  restore: z.optional(z.boolean().check(says('What was replaced in the request is put back into the answer.'))),
};

const message = z.string().check(z.minLength(1), z.maxLength(2_000));
const messagesShape = {
  blocked: z.optional(message.check(says('Said instead of what was refused.'))),
};

const retrySafely = z
  .int()
  .check(z.minimum(0), z.maximum(3), says('How often a whole answer that is refused is asked for again, more safely.'));

/** As it is written: what it leaves out is left to the document, and what that leaves out is off. */
export const safetyWishesSchema = z.strictObject({
  injection: z.optional(z.strictObject(injectionShape)),
  moderation: z.optional(z.strictObject(moderationShape)),
  redaction: z.optional(z.strictObject(redactionShape)),
  retry_safely: z.optional(retrySafely),
  log_content: z.optional(
    z.boolean().check(says('Violations keep the text that they were found in, encrypted. Otherwise only its digest.')),
  ),
  messages: z.optional(z.strictObject(messagesShape)),
});
export type SafetyWishes = z.infer<typeof safetyWishesSchema>;

/** Strict where it is written; what is stored may have members of a later version, which must not make a project unreadable. */
const storedWishesSchema = z.object({
  ...safetyWishesSchema.shape,
  injection: z.optional(z.object(injectionShape)),
  moderation: z.optional(z.object(moderationShape)),
  redaction: z.optional(z.object(redactionShape)),
  messages: z.optional(z.object(messagesShape)),
});

/** Stored with the project. The version counts the changes; 0: never set. */
export const projectSafetySchema = z.object({
  version: z._default(z.int(), 0),
  wishes: z.prefault(storedWishesSchema, {}),
});
export type ProjectSafety = z.infer<typeof projectSafetySchema>;

type Complete<Part> = { readonly [Name in keyof Part]-?: Exclude<Part[Name], undefined> };
type Part<Name extends 'injection' | 'moderation' | 'redaction'> = Complete<NonNullable<SafetyWishes[Name]>>;

export type ModerationPolicy = Part<'moderation'>;
export type InjectionPolicy = Part<'injection'>;
export type RedactionPolicy = Part<'redaction'>;

/** With nothing left open. */
export type SafetyPolicy = {
  readonly injection: InjectionPolicy;
  readonly moderation: ModerationPolicy;
  readonly redaction: RedactionPolicy;
  readonly retry_safely: number;
  readonly log_content: boolean;
  readonly messages: { readonly blocked: string };
};

/** Nothing is looked at. */
export const safetyOff: SafetyPolicy = {
  injection: { mode: 'off', threshold: 0.5 },
  moderation: {
    input: 'off',
    output: 'off',
    categories: [...moderationCategories],
    threshold: 0.5,
    thresholds: {},
    require_all: false,
    on_unavailable: 'block',
    alongside: false,
    timeout_ms: 3_000,
    window: 240,
  },
  redaction: { input: [], output: [], restore: false },
  retry_safely: 1,
  log_content: false,
  messages: { blocked: 'This type of content is not allowed. Please try a different request.' },
};

type AllOf<Shape> = { readonly [Name in keyof Shape]?: Shape[Name] | undefined };

/** Members that are `undefined` do not count as said. */
function over<Whole extends object>(base: Whole, wishes: AllOf<Whole> | undefined): Whole {
  const said = Object.entries(wishes ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(said) };
}

export const filledIn = (base: SafetyPolicy, wishes: SafetyWishes): SafetyPolicy => ({
  injection: over(base.injection, wishes.injection),
  moderation: over(base.moderation, wishes.moderation),
  redaction: over(base.redaction, wishes.redaction),
  retry_safely: wishes.retry_safely ?? base.retry_safely,
  log_content: wishes.log_content ?? base.log_content,
  messages: over(base.messages, wishes.messages),
});

/** What holds for a project: its own wishes, before those of the document. */
export const safetyOf = (defaults: SafetyWishes, own: SafetyWishes): SafetyPolicy =>
  filledIn(filledIn(safetyOff, defaults), own);
