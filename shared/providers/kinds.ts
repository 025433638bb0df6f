/**
 * The kinds of provider and what each may be told in `sluice.json`. The keys are
 * the type: `registry.ts` must have an implementation for every one of them.
 */
import * as z from 'zod/mini';
import { priceFactorSchema } from '../catalogue/price.ts';
import { extraHeadersSchema } from './extra-headers.ts';
import { type StructuredOutputs, structuredOutputs } from './instructed-format.ts';
import { parametersSchema } from './parameters.ts';
import { timeoutsSchema } from './timeouts.ts';

const says = z.describe;
/** Paths are put behind it, and keys go into headers, where they are kept out of logs. */
const isBare = (text: string): boolean => !/[?#]|\/\/[^/]*@/.test(text);
const url = z
  .url({ protocol: /^https?$/ })
  .check(z.refine(isBare, 'must be without a query, a fragment, a user and a password'));
const variable = z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/, 'must look like OPENAI_API_KEY'));

/** What every provider may be told that is asked over the network. */
const common = {
  timeouts: z.optional(timeoutsSchema.check(says('How long it is waited for.'))),
  headers: z.optional(extraHeadersSchema.check(says('Headers that it gets besides the usual ones.'))),
  parameters: z.optional(parametersSchema.check(says('Which parameters it knows. Absent: all of them.'))),
  structuredOutputs: z.optional(
    z
      .enum(structuredOutputs)
      .check(
        says(
          'Which formats of answers it can be held to. Others are put into words for it. Absent: json_schema; for Bedrock, which holds only some models to them, instruction.',
        ),
      ),
  ),
  batchPriceFactor: z.optional(
    priceFactorSchema.check(
      says(
        "What it charges for lines of batches, relative to live calls: 0.5 where its contract or its endpoint halves the price. They are sent one by one, so OpenAI's own discount for batches does not apply. 1 if absent.",
      ),
    ),
  ),
  weight: z.optional(
    z.int().check(z.minimum(1), z.maximum(1_000), says('Its share of the load beside others: 1 if absent.')),
  ),
};

const responses = z.optional(
  z
    .enum(['native', 'translated'])
    .check(
      says(
        'Has it an endpoint for responses of its own, or is it asked for chat completions? Absent: OpenAI itself has.',
      ),
    ),
);

export const providerKinds = {
  /** OpenAI itself, and whatever speaks its protocol at another `baseURL`. */
  openai: z.strictObject({
    kind: z.literal('openai'),
    baseURL: url,
    apiKeyEnv: z.optional(
      variable.check(
        says('The variable that holds the key; on AWS, the entry of the secret. Absent: it wants no key.'),
      ),
    ),
    organization: z.optional(z.string().check(z.regex(/^[\w-]{1,64}$/, 'must look like org-abc123'))),
    responses,
    ...common,
  }),
  /** Azure OpenAI, by deployments: a target's model is the name of a deployment. */
  azure: z.strictObject({
    kind: z.literal('azure'),
    endpoint: url.check(says('The resource: https://my-resource.openai.azure.com')),
    apiVersion: z
      .string()
      .check(z.regex(/^\d{4}-\d\d-\d\d(-preview)?$/, 'must look like 2024-10-21'), says('As Azure dates its API.')),
    apiKeyEnv: variable.check(says("The variable that holds one of the resource's keys; on AWS, the secret's entry.")),
    responses,
    ...common,
  }),
  /** Amazon Bedrock's chat completions, signed with the function's own role. There is no key. */
  bedrock: z.strictObject({
    kind: z.literal('bedrock'),
    region: z.string().check(z.regex(/^[a-z]{2,8}(-[a-z0-9]+)+-\d+$/, 'must look like us-east-1')),
    endpoint: z.optional(
      z
        .enum(['runtime', 'mantle'])
        .check(says('bedrock-runtime, whose permission is by model, or bedrock-mantle. The first if absent.')),
    ),
    baseURL: z.optional(url.check(says('Another way to the same endpoint: a VPC endpoint, say.'))),
    ...common,
  }),
  /** Vertex AI's chat completions, as a Google service account. */
  vertex: z.strictObject({
    kind: z.literal('vertex'),
    project: z.string().check(z.regex(/^[A-Za-z0-9_-][A-Za-z0-9_.:-]*$/, 'must be the id of a project')),
    location: z.string().check(z.regex(/^[a-z0-9-]+$/, 'must look like us-central1, or be global')),
    apiKeyEnv: variable.check(
      says("The variable that holds the service account's key file, as JSON; on AWS, the secret's entry."),
    ),
    baseURL: z.optional(url.check(says('Another way to the same endpoint: Private Service Connect, say.'))),
    ...common,
  }),
  /** Answers by itself and says so; for trying the gateway out without a provider's key. */
  demo: z.strictObject({ kind: z.literal('demo') }),
} as const;

export type ProviderKind = keyof typeof providerKinds;
export const providerSettingsSchema = z.discriminatedUnion('kind', [
  providerKinds.openai,
  providerKinds.azure,
  providerKinds.bedrock,
  providerKinds.vertex,
  providerKinds.demo,
]);
export type ProviderSettings = z.infer<typeof providerSettingsSchema>;
export type SettingsOf<Kind extends ProviderKind> = z.infer<(typeof providerKinds)[Kind]>;

/** The variable that holds its key, of whichever form. */
export const keyVariableOf = (settings: ProviderSettings): string | undefined =>
  'apiKeyEnv' in settings ? settings.apiKeyEnv : undefined;

/** With its regional hosts: https://platform.openai.com/docs/guides/your-data */
const isOpenAi = (baseURL: string): boolean => /^(?:[a-z]+\.)?api\.openai\.com$/.test(new URL(baseURL).hostname);

/** Does it answer for responses itself, or is it asked for chat completions? */
export function hasResponses(settings: ProviderSettings): boolean {
  switch (settings.kind) {
    case 'openai':
      return (settings.responses ?? (isOpenAi(settings.baseURL) ? 'native' : 'translated')) === 'native';
    case 'azure':
      return settings.responses === 'native';
    default:
      return false;
  }
}

export function structuredOutputsOf(settings: ProviderSettings): StructuredOutputs {
  const stated = 'structuredOutputs' in settings ? settings.structuredOutputs : undefined;
  return stated ?? (settings.kind === 'bedrock' ? 'instruction' : 'json_schema');
}
