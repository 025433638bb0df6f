/**
 * The kinds of provider and what each may be told in `sluice.json`. The keys are
 * the type: `registry.ts` must have an implementation for every one of them.
 */
import * as z from 'zod/mini';
import { timeoutsSchema } from './timeouts.ts';

export const providerKinds = {
  /** OpenAI itself, and whatever speaks its protocol at another `baseURL`. */
  openai: z.strictObject({
    kind: z.literal('openai'),
    baseURL: z.url({ protocol: /^https?$/ }),
    /** The variable that holds the key; on AWS, the entry of the stack's secret. Absent: the provider wants no key. */
    apiKeyEnv: z.optional(z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/, 'must look like OPENAI_API_KEY'))),
    organization: z.optional(z.string()),
    timeouts: z.optional(timeoutsSchema),
  }),
  /** Answers by itself and says so; for trying the gateway out without a provider's key. */
  demo: z.strictObject({ kind: z.literal('demo') }),
} as const;

export type ProviderKind = keyof typeof providerKinds;
export const providerSettingsSchema = z.discriminatedUnion('kind', [providerKinds.openai, providerKinds.demo]);
export type ProviderSettings = z.infer<typeof providerSettingsSchema>;
export type SettingsOf<Kind extends ProviderKind> = z.infer<(typeof providerKinds)[Kind]>;
