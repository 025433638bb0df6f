/** What becomes of a project's conversations that do not fit, in the words of the control plane. */
import * as z from 'zod/mini';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import { type ContextWishes, contextOf, contextWishesSchema, type ProjectContext } from './project-context.ts';

const { truncation, summary_model: summaryModel } = contextWishesSchema.shape;

/** What is absent stays; null takes away what the project has of its own. Unknown members are refused. */
export const contextPolicyUpdateSchema = z.strictObject({
  truncation: z.optional(z.nullable(truncation.def.innerType)),
  summary_model: z.optional(z.nullable(summaryModel.def.innerType)),
});
export type ContextPolicyWishes = z.infer<typeof contextPolicyUpdateSchema>;

export const contextAfter = (before: ProjectContext, wishes: ContextPolicyWishes): ProjectContext => ({
  truncation: wishes.truncation === undefined ? before.truncation : wishes.truncation,
  summaryModel: wishes.summary_model === undefined ? before.summaryModel : wishes.summary_model,
});

/** Every conversation would lose its oldest turns where its administrator believes them summarised. */
export function refuseUnknownModel({ summary_model: name }: ContextPolicyWishes, catalogue: Catalogue): void {
  if (name == null || catalogue.has(name)) return;
  throw new GatewayError('invalid_request', {
    message: 'No model of that name is served here. GET /v1/models lists those that are.',
    param: 'summary_model',
  });
}

/** `project.context_policy`, in the manner of the `openai` package, which has none: what holds, and what of it is the project's own. */
export function contextPolicyObject(context: ProjectContext, defaults: ContextWishes) {
  const { truncation, summaryModel } = contextOf(defaults, context);
  return {
    object: 'project.context_policy',
    truncation,
    summary_model: summaryModel,
    overrides: { truncation: context.truncation, summary_model: context.summaryModel },
  };
}
