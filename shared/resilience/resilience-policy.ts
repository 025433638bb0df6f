/** A project's wishes for when providers fail, in the words of the control plane. */
import * as z from 'zod/mini';
import { type ProjectResilience, projectResilienceSchema } from './project-resilience.ts';
import { fallbackMessageSchema } from './settings.ts';

const { cache, cacheTtlSeconds, onDisconnect } = projectResilienceSchema.shape;

/** What is absent stays; null takes away what the project has of its own. Unknown members are refused. */
export const resiliencePolicyUpdateSchema = z.strictObject({
  cache: z.optional(cache.def.innerType),
  cache_ttl_seconds: z.optional(cacheTtlSeconds.def.innerType),
  on_disconnect: z.optional(onDisconnect.def.innerType),
  fallback_message: z.optional(z.nullable(fallbackMessageSchema)),
});
export type ResiliencePolicyWishes = z.infer<typeof resiliencePolicyUpdateSchema>;

export const resilienceAfter = (before: ProjectResilience, wishes: ResiliencePolicyWishes): ProjectResilience => ({
  cache: wishes.cache ?? before.cache,
  cacheTtlSeconds: wishes.cache_ttl_seconds === undefined ? before.cacheTtlSeconds : wishes.cache_ttl_seconds,
  onDisconnect: wishes.on_disconnect ?? before.onDisconnect,
  fallbackMessage: wishes.fallback_message === undefined ? before.fallbackMessage : wishes.fallback_message,
});

/** `project.resilience_policy`, in the manner of the `openai` package, which has none. */
export const resiliencePolicyObject = (resilience: ProjectResilience) => ({
  object: 'project.resilience_policy',
  cache: resilience.cache,
  cache_ttl_seconds: resilience.cacheTtlSeconds,
  on_disconnect: resilience.onDisconnect,
  fallback_message: resilience.fallbackMessage,
});
