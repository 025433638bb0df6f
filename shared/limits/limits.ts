/**
 * Limits as they are set: for a project, for one model of it, for one key. A
 * limit is a rate with a burst (I1); what is absent is not limited.
 */
import * as z from 'zod/mini';
import { projectContextSchema } from '../context/project-context.ts';
import { projectRequestLogSchema } from '../request-log/project-request-log.ts';
import { projectResilienceSchema } from '../resilience/project-resilience.ts';
import { projectSafetySchema } from '../safety/policy.ts';

const positive = z.int().check(z.minimum(1));

export const limitsSchema = z.object({
  requestsPerMinute: z.optional(positive),
  /** Requests that may come at once. Absent: a sixth of `requestsPerMinute`. */
  burst: z.optional(positive),
  tokensPerMinute: z.optional(positive),
  requestsPerDay: z.optional(positive),
});
export type Limits = z.infer<typeof limitsSchema>;

export const modelPermissionsSchema = z.object({
  mode: z.enum(['allow_list', 'deny_list']),
  modelIds: z.array(z.string()),
});
export type ModelPermissions = z.infer<typeof modelPermissionsSchema>;

/** Whole micro-dollars a calendar month, in UTC. */
export const spendLimitSchema = z.int().check(z.minimum(0));

export const maxShards = 16;

/** All that a project's calls are held to. Stored with the project, so that one read brings both. */
export const projectPolicySchema = z.object({
  limits: z._default(limitsSchema, {}),
  /** By the name that is asked for. They hold besides the project's own. */
  modelLimits: z._default(z.record(z.string(), limitsSchema), {}),
  /** Streams under way at the same time; null for any number. */
  concurrentStreams: z._default(z.nullable(positive), null),
  spendLimitMicroUsd: z._default(z.nullable(spendLimitSchema), null),
  modelPermissions: z._default(z.nullable(modelPermissionsSchema), null),
  /** Over how many items the project's counters are spread: docs/adr/0030. Chosen when the project is made. */
  shards: z._default(z.int().check(z.minimum(1), z.maximum(maxShards)), 1),
  resilience: z.prefault(projectResilienceSchema, {}),
  safety: z.prefault(projectSafetySchema, {}),
  context: z.prefault(projectContextSchema, {}),
  requestLog: z.prefault(projectRequestLogSchema, {}),
  /** Makes the names of its cached answers, and nothing else. Never shown. Projects of before there was a cache have none until their resilience is set. */
  cacheSecret: z._default(z.nullable(z.string()), null),
  /** Makes the digests of what guardrails found, and the keys that seal it, and what waits to be logged. Never shown. The first change of an older project's safety or request log policy makes one. */
  contentSecret: z._default(z.nullable(z.string()), null),
});
export type ProjectPolicy = z.infer<typeof projectPolicySchema>;

/** A model may be called `constructor`. */
export const limitsOfModel = ({ modelLimits }: Pick<ProjectPolicy, 'modelLimits'>, model: string): Limits =>
  (Object.hasOwn(modelLimits, model) ? modelLimits[model] : undefined) ?? {};

/** What a key may have of its own, besides its project's. */
export const keyPolicySchema = z.object({
  limits: z._default(limitsSchema, {}),
  spendLimitMicroUsd: z._default(z.nullable(spendLimitSchema), null),
});
export type KeyPolicy = z.infer<typeof keyPolicySchema>;

/** More than any limit that means something: as much as none, and a number that every SDK can hold. */
export const unlimited = 1_000_000_000;
