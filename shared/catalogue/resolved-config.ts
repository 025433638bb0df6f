/**
 * What `sluice.json` becomes when the gateway is built or started: the same
 * providers and models, with the prices that were known then. The functions
 * read this and nothing else, so a cold start parses no catalogue.
 */
import * as z from 'zod/mini';
import { batchSettingsSchema } from '../batches/settings.ts';
import { contextWishesSchema } from '../context/project-context.ts';
import { contextSettingsSchema } from '../context/settings.ts';
import { conversationSettingsSchema } from '../conversations/lifetime.ts';
import { limitsSchema } from '../limits/limits.ts';
import type { ProviderSettings } from '../providers/kinds.ts';
import { requestLogWishesSchema } from '../request-log/project-request-log.ts';
import { resilienceSchema } from '../resilience/settings.ts';
import { runsSchema } from '../runs/settings.ts';
import { safetyWishesSchema } from '../safety/policy.ts';
import { priceSchema } from './price.ts';

const placeSchema = z.object({
  provider: z.string(),
  /** Of targets that share the load with those of their group. Absent: it stands alone. */
  share: z.optional(z.object({ group: z.int(), weight: z.int().check(z.minimum(1)) })),
});
export type Place = z.infer<typeof placeSchema>;

const targetSchema = z.extend(placeSchema, {
  /** The provider's own name of the model. */
  model: z.string(),
  /** Null: not served, because nobody knows what it costs. */
  price: z.nullable(priceSchema),
});
export type Target = z.infer<typeof targetSchema>;

const modelSchema = z.object({
  targets: z.array(targetSchema),
  contextWindow: z.optional(z.int()),
  maxOutputTokens: z.optional(z.int()),
});
export type Model = z.infer<typeof modelSchema> & { readonly name: string };

/** `exact` names are listed by `GET /v1/models`; the patterns only match. Anchored, from the catalogue, never from a caller. */
const catalogueEntrySchema = z.object({
  exact: z.array(z.string()),
  patterns: z.array(z.string()),
  price: priceSchema,
  contextWindow: z.optional(z.int()),
  maxOutputTokens: z.optional(z.int()),
});
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;

/** How long a call may hold what it holds before the sweep closes it, in which stretches of time that is done, and how often. */
export const sweepSettingsSchema = z.object({
  ageSeconds: z._default(z.int().check(z.minimum(1)), 960),
  epochSeconds: z._default(z.int().check(z.minimum(1)), 600),
  /** Absent: as `infra/schedules.ts` has it. */
  everySeconds: z.optional(z.int().check(z.minimum(1))),
});
export type SweepSettings = z.infer<typeof sweepSettingsSchema>;

/** What a new project is limited to. */
const defaultLimitsSchema = z.extend(limitsSchema, { concurrentStreams: z.optional(z.int()) });

export const resolvedConfigSchema = z.object({
  /** Changes with every price; stands on every usage row. */
  priceVersion: z.string(),
  /** Unix seconds of the build, shown as the models' `created`. */
  builtAt: z.int(),
  /** Checked when the document was read: most functions ask no provider, and would load the schemas of all kinds for nothing. */
  providers: z.record(
    z.string(),
    z.custom<ProviderSettings>((value) => typeof value === 'object' && value !== null && 'kind' in value),
  ),
  models: z.record(z.string(), modelSchema),
  sweep: z.prefault(sweepSettingsSchema, {}),
  resilience: z.prefault(resilienceSchema, {}),
  runs: z.prefault(runsSchema, {}),
  batches: z.prefault(batchSettingsSchema, {}),
  /** The Lambda functions that tools may be. */
  tools: z.prefault(z.object({ functions: z._default(z.array(z.string()), []) }), {}),
  context: z.prefault(contextSettingsSchema, {}),
  conversations: z.prefault(conversationSettingsSchema, {}),
  defaults: z.prefault(
    z.object({
      limits: z._default(defaultLimitsSchema, {}),
      safety: z.prefault(safetyWishesSchema, {}),
      context: z.prefault(contextWishesSchema, {}),
      requestLog: z.prefault(requestLogWishesSchema, {}),
    }),
    {},
  ),
  /** Where names go that `models` does not have, for each target the models that it is known to price. */
  wildcard: z.nullable(z.array(z.extend(placeSchema, { entries: z.array(catalogueEntrySchema) }))),
});
export type ResolvedConfig = z.infer<typeof resolvedConfigSchema>;
