/** The schema of `sluice.json`, which is also published as `sluice.schema.json`. */
import * as z from 'zod/mini';
import { batchSettingsSchema } from '../batches/settings.ts';
import { contextWishesSchema } from '../context/project-context.ts';
import { contextSettingsSchema } from '../context/settings.ts';
import { conversationSettingsSchema } from '../conversations/lifetime.ts';
import { burstProblem } from '../limits/burst.ts';
import { providerSettingsSchema } from '../providers/kinds.ts';
import { requestLogWishesSchema } from '../request-log/project-request-log.ts';
import { resilienceSchema } from '../resilience/settings.ts';
import { runsSchema } from '../runs/settings.ts';
import { safetyWishesSchema } from '../safety/policy.ts';
import { functionArnPattern } from '../tools/function-arn.ts';
import { modelNamePattern } from './model-name.ts';

const dollarsPerMillionTokens = z.number().check(z.minimum(0), z.maximum(1_000_000));
const positive = z.int().check(z.minimum(1));
/** Shown by editors, from the published schema. */
const says = z.describe;

/** US dollars per million tokens, to the micro-dollar. */
export const configuredPriceSchema = z.strictObject({
  input: dollarsPerMillionTokens,
  cachedInput: z.optional(dollarsPerMillionTokens),
  output: z.optional(dollarsPerMillionTokens),
});

/** `provider/model`, the model being `*` for the name that was asked for. It may hold slashes: it never reaches a URL. */
const targetPattern = /^[a-z][a-z0-9-]*\/(\*|[A-Za-z0-9][A-Za-z0-9._:@/-]*)$/;

const target = z.string().check(z.regex(targetPattern, 'must be "provider/model"'));

export const configuredModelSchema = z.strictObject({
  targets: z
    .array(z.union([target, z.array(target).check(z.minLength(1))]))
    .check(
      z.minLength(1),
      says(
        'Where the model is asked for: "provider/model", tried in order. Those in a list within the list share the load, by the weights of their providers.',
      ),
    ),
  contextWindow: z.optional(positive.check(says('Tokens of input and output together.'))),
  maxOutputTokens: z.optional(positive.check(says('Tokens of output at the most.'))),
  price: z.optional(
    configuredPriceSchema.check(
      says('US dollars per million tokens, for every target. Overrides the catalogue of prices.'),
    ),
  ),
});

const defaultLimitsSchema = z
  .strictObject({
    requestsPerMinute: z.optional(positive),
    burst: z.optional(positive.check(says('Requests that may come at once. A sixth of requestsPerMinute if absent.'))),
    tokensPerMinute: z.optional(positive),
    requestsPerDay: z.optional(positive),
    concurrentStreams: z.optional(positive.check(says('Streams under way at the same time.'))),
  })
  .check((context) => {
    const problem = burstProblem(context.value);
    if (problem !== null) {
      context.issues.push({ code: 'custom', input: context.value, path: ['burst'], message: problem });
    }
  });

export const configSchema = z.strictObject({
  $schema: z.optional(z.string()),
  providers: z.record(
    z.string().check(z.regex(/^[a-z][a-z0-9-]*$/, 'must be lower case letters, digits and dashes')),
    providerSettingsSchema,
  ),
  models: z.record(
    z.union([z.literal('*'), z.string().check(z.regex(modelNamePattern, 'is not a name that a model can have'))]),
    configuredModelSchema,
  ),
  sweep: z.optional(
    z
      .strictObject({
        everySeconds: z.optional(positive),
        ageSeconds: z.optional(positive),
        epochSeconds: z.optional(positive),
      })
      .check(
        says(
          'When calls that nobody settles are closed: so many seconds after they began (960; no less than a call can last), together with all that began in the same stretch of time (600), looked for every so many seconds (300; whole minutes on AWS).',
        ),
      ),
  ),
  tools: z.optional(
    z
      .strictObject({
        functions: z.optional(
          z
            .array(z.string().check(z.regex(functionArnPattern, 'must be the ARN of a Lambda function')))
            .check(
              z.maxLength(100),
              says(
                'ARNs of the Lambda functions that tools may be. The stack lets the gateway call these and no others.',
              ),
            ),
        ),
      })
      .check(says('What the gateway may run for models.')),
  ),
  resilience: z.optional(resilienceSchema.check(says('What is done when providers fail.'))),
  conversations: z.optional(
    conversationSettingsSchema.check(
      says(
        'For how many days conversations are kept after the last thing that was added to them (expireDays; for ever if absent), and stored responses (responseExpireDays: 30 at the most, and if absent).',
      ),
    ),
  ),
  context: z.optional(
    contextSettingsSchema.check(says("When callers are told that a model's context window is nearly full.")),
  ),
  batches: z.optional(batchSettingsSchema.check(says('How much of the gateway batches may take.'))),
  runs: z.optional(runsSchema.check(says('How far the gateway goes for one request by running tools.'))),
  defaults: z.optional(
    z
      .strictObject({
        limits: z.optional(
          defaultLimitsSchema.check(
            says('What a new project is limited to, until its own limits are set. What is absent is not limited.'),
          ),
        ),
        context: z.optional(
          contextWishesSchema.check(
            says(
              "What becomes of conversations that do not fit their model, where the project's own policy says nothing of it. Absent: they are refused.",
            ),
          ),
        ),
        requestLog: z.optional(
          requestLogWishesSchema.check(
            says("What is kept of calls, where the project's own policy says nothing of it. Absent: nothing."),
          ),
        ),
        safety: z.optional(
          safetyWishesSchema.check(
            says(
              "Guardrails of every project, as far as the project's own policy leaves them open. What is absent is off.",
            ),
          ),
        ),
      })
      .check(says('What a new project gets; of limits, projects that are there already keep those that they have.')),
  ),
});
/** As it is written; what it leaves out is filled in when it is resolved. */
export type Config = z.input<typeof configSchema>;
export type ConfiguredModel = z.infer<typeof configuredModelSchema>;
