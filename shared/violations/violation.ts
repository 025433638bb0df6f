/** A violation: what a guardrail found, in whose call, and what was done about it. Pure. */
import * as z from 'zod/mini';
import { guardrailNames, type SafetyFinding, safetyActions, stages } from '../safety/finding.ts';
import { digestOf, type KeptContent, keptContentSchema, sealContent } from './sealed-content.ts';

export const violationIdPrefix = 'viol_';

/** As long as a report can look back. Rows older than that are never shown, whenever DynamoDB drops them. */
export const retentionDays = 90;

/** Of one request or answer, so that a text made of nothing but violations does not become as many writes. */
export const mostAtOnce = 25;

export const violationSchema = z.object({
  /** In order of time. */
  id: z.string(),
  projectId: z.string(),
  apiKeyId: z.string(),
  serviceAccountId: z.string(),
  requestId: z.string(),
  /** Unix seconds. */
  createdAt: z.int(),
  stage: z.enum(stages),
  guardrail: z.enum(guardrailNames),
  action: z.enum(safetyActions),
  categories: z.array(z.string()),
  scores: z.record(z.string(), z.number()),
  /** The same for the same text of the same project; says nothing of it. */
  digest: z.string(),
  /** Of the project's safety policy. */
  policyVersion: z.int(),
  model: z.string(),
  streamed: z.boolean(),
  /** Only where the policy has content logged. */
  content: z.optional(keptContentSchema),
});
export type Violation = z.infer<typeof violationSchema>;

/** Whose call it was, and what its project wants kept. */
export type AboutCall = Pick<
  Violation,
  'projectId' | 'apiKeyId' | 'serviceAccountId' | 'requestId' | 'policyVersion' | 'model' | 'streamed'
> & {
  readonly logContent: boolean;
  /** The project's own. Null in a project of before there was one: nothing is kept of its content. */
  readonly contentSecret: string | null;
};

export type Making = {
  readonly nowMs: number;
  readonly newId: (prefix: string) => string;
  /** For AES-GCM, a new one every time. */
  readonly newNonce: () => Buffer;
};

const gravity = ({ action }: SafetyFinding): number => safetyActions.indexOf(action);

/** The gravest, where there are more than `mostAtOnce`. */
export const violationsFrom = (findings: readonly SafetyFinding[], about: AboutCall, making: Making): Violation[] =>
  findings
    .toSorted((a, b) => gravity(b) - gravity(a))
    .slice(0, mostAtOnce)
    .map((finding) => violationFrom(finding, about, making));

function violationFrom(
  { text, guardrail, stage, action, categories, scores }: SafetyFinding,
  { logContent, contentSecret, ...call }: AboutCall,
  { nowMs, newId, newNonce }: Making,
): Violation {
  const id = newId(violationIdPrefix);
  const place = { projectId: call.projectId, id };
  const content: KeptContent | undefined =
    logContent && contentSecret !== null ? sealContent(contentSecret, place, text, newNonce()) : undefined;
  return {
    id,
    projectId: call.projectId,
    apiKeyId: call.apiKeyId,
    serviceAccountId: call.serviceAccountId,
    requestId: call.requestId,
    createdAt: Math.floor(nowMs / 1000),
    stage,
    guardrail,
    action,
    categories: [...categories],
    scores: Object.fromEntries(Object.entries(scores).flatMap(([name, score]) => rounded(name, score))),
    digest: digestOf(contentSecret, call.projectId, text),
    policyVersion: call.policyVersion,
    model: call.model,
    streamed: call.streamed,
    ...(content && { content }),
  };
}

/** To six places: a table takes no number below 1e-130, and a model may be that sure. */
const rounded = (name: string, score: number): [string, number][] =>
  Number.isFinite(score) ? [[name, Math.round(score * 1e6) / 1e6]] : [];
