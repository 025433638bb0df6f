/** What a project wants when providers fail or its callers leave. Stored with the project: docs/adr/0031. */
import * as z from 'zod/mini';

export const projectResilienceSchema = z.object({
  /** `on`: answers are given again to the same request of the same project; a request may say otherwise for itself. */
  cache: z._default(z.enum(['on', 'off']), 'off'),
  /** Null: as `resilience.cache` of `sluice.json` has it. */
  cacheTtlSeconds: z._default(z.nullable(z.int().check(z.minimum(1), z.maximum(86_400))), null),
  /**
   * What becomes of a stream whose caller has left: `drain` reads it to its end, so that the provider's own count of
   * tokens is in the accounts; `cancel` stops the provider and counts what was seen.
   */
  onDisconnect: z._default(z.enum(['drain', 'cancel']), 'drain'),
  /** Null: as `resilience.fallbackMessage` of `sluice.json` has it. */
  fallbackMessage: z._default(z.nullable(z.string()), null),
});
export type ProjectResilience = z.infer<typeof projectResilienceSchema>;
