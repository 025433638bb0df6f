/** How a project's safety policy is changed: the words of the policy, any of which may be null. */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import { moderationModel } from './categories.ts';
import { stages } from './finding.ts';
import { type ProjectSafety, type SafetyWishes, safetyWishesSchema } from './policy.ts';

type Clearable<Shape> = {
  [Name in keyof Shape]: Shape[Name] extends z.core.SomeType
    ? z.ZodMiniOptional<z.ZodMiniNullable<Shape[Name]>>
    : never;
};

const clearable = <Shape extends Readonly<Record<string, z.ZodMiniType>>>(shape: Shape): Clearable<Shape> =>
  Object.fromEntries(Object.entries(shape).map(([name, member]) => [name, z.nullish(member)])) as Clearable<Shape>;

const { injection, moderation, redaction, messages, ...plain } = safetyWishesSchema.shape;

/** What is absent stays; null takes away what the project has of its own. A member's value is replaced as a whole, lists and `thresholds` too. */
export const safetyPolicyUpdateSchema = z.strictObject({
  injection: z.nullish(z.strictObject(clearable(injection.def.innerType.shape))),
  moderation: z.nullish(z.strictObject(clearable(moderation.def.innerType.shape))),
  redaction: z.nullish(z.strictObject(clearable(redaction.def.innerType.shape))),
  ...clearable(plain),
  messages: z.nullish(z.strictObject(clearable(messages.def.innerType.shape))),
});
export type SafetyPolicyUpdate = z.infer<typeof safetyPolicyUpdateSchema>;

type Members = Readonly<Record<string, unknown>>;

const isSection = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined where nothing is left, so that a policy that has lost all of its own is as one that never had any. */
function sectionAfter(before: Members, update: Members): Members | undefined {
  const kept = Object.entries({ ...before, ...update }).filter(([, value]) => value !== null && value !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function wishesAfter(before: SafetyWishes, update: SafetyPolicyUpdate): SafetyWishes {
  const own: Members = before;
  const changed = Object.entries(update).map(([name, value]) => {
    const section = own[name];
    return [name, isSection(value) ? sectionAfter(isSection(section) ? section : {}, value) : value];
  });
  // Of known members, since both were.
  return sectionAfter(own, Object.fromEntries(changed)) ?? {};
}

/** The version counts changes, so one that changes nothing has none. */
export function safetyAfter({ version, wishes }: ProjectSafety, update: SafetyPolicyUpdate): ProjectSafety {
  const after = wishesAfter(wishes, update);
  return isDeepStrictEqual(after, wishes) ? { version, wishes } : { version: version + 1, wishes: after };
}

/** A project that asks for moderation where nobody can moderate would have all of its calls refused. */
export function refuseUncheckable({ moderation }: SafetyPolicyUpdate, catalogue: Pick<Catalogue, 'has'>): void {
  const stage = stages.find((candidate) => moderation?.[candidate] === 'flag' || moderation?.[candidate] === 'block');
  if (stage === undefined || catalogue.has(moderationModel)) return;
  throw new GatewayError('invalid_request', {
    message: `Moderation needs a model called ${moderationModel}. Add it to "models" in sluice.json, and deploy.`,
    param: `moderation.${stage}`,
  });
}
