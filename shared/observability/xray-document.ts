/**
 * A request as X-Ray wants to be told of it: one document with its stages, and each question to a provider and call of a
 * tool, as subsegments. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
import type { RequestRecord } from './request-record.ts';
import type { Span } from './stages.ts';
import type { XrayTrace } from './trace-context.ts';

export type Subsegment = {
  readonly id: string;
  readonly name: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly namespace?: 'remote';
  readonly http?: { readonly request?: { readonly method: string }; readonly response: { readonly status: number } };
  readonly annotations?: Readonly<Record<string, string | number | boolean>>;
  readonly error?: true;
  readonly throttle?: true;
  readonly fault?: true;
  readonly subsegments?: readonly Subsegment[];
};

/** By itself: below the function's segment, or a segment with a trace of its own. */
export type XrayDocument = Subsegment & {
  readonly trace_id: string;
  readonly type?: 'subsegment';
  readonly parent_id?: string;
};

/** The segment of what has no function's segment above it. */
const serviceName = 'sluice';
const maxNameLength = 200;

export function xrayDocument(
  record: RequestRecord,
  noted: readonly Span[],
  { traceId, parentId }: XrayTrace,
  newId: () => string,
): XrayDocument {
  const { receivedAtMs, latencyMs, method, path, status, outcome } = record;
  const endMs = receivedAtMs + latencyMs + (record.stagesMs.settlement ?? 0);
  const route = `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`;
  return {
    trace_id: traceId,
    ...(parentId !== undefined && { type: 'subsegment', parent_id: parentId }),
    id: newId(),
    name: parentId === undefined ? serviceName : nameable(route),
    start_time: receivedAtMs / 1000,
    end_time: endMs / 1000,
    // A stream's failure comes after its 200.
    ...flagsOf(status === 200 && outcome !== 'ok' ? 500 : status),
    ...(parentId === undefined && { http: { request: { method }, response: { status } } }),
    annotations: { route, ...annotationsOf(record) },
    subsegments: nested([...noted, ...laterStages(record)], { receivedAtMs, endMs }, newId),
  };
}

/** Indexed, so that traces can be searched by them: `annotation.project = "proj_…"`. */
function annotationsOf({
  requestId,
  clientRequestId,
  traceId,
  projectId,
  apiKeyId,
  status,
  outcome,
  report,
}: RequestRecord): Record<string, string | number | boolean> {
  const facts = {
    request_id: requestId,
    client_request_id: clientRequestId,
    traceparent_trace_id: traceId,
    project: projectId,
    api_key: apiKeyId,
    status,
    outcome,
    model: report.model,
    provider: report.provider,
    attempts: report.attempts,
    streamed: report.streamed,
    cache: report.cache,
    safety: report.safety,
    cost_micro_usd: report.costMicroUsd,
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const flagsOf = (status: number): Pick<Subsegment, 'error' | 'throttle' | 'fault'> => ({
  ...(status >= 400 && status < 500 && { error: true }),
  ...(status === 429 && { throttle: true }),
  ...(status >= 500 && { fault: true }),
});

/** Names come from the configuration, and may have more letters than X-Ray takes. */
const nameable = (name: string): string => name.slice(0, maxNameLength).replace(/[^\p{L}\p{N}\s_.:/%&#=+\\\-@]/gu, '_');

function laterStages({ receivedAtMs, firstByteMs, latencyMs, stagesMs }: RequestRecord): Span[] {
  const lastByteAtMs = receivedAtMs + latencyMs;
  const { streaming, settlement } = stagesMs;
  return [
    ...(streaming === undefined
      ? []
      : [{ stage: 'streaming', startMs: receivedAtMs + firstByteMs, endMs: lastByteAtMs } as const]),
    ...(settlement === undefined
      ? []
      : [{ stage: 'settlement', startMs: lastByteAtMs, endMs: lastByteAtMs + settlement } as const]),
  ];
}

type Bounds = { readonly receivedAtMs: number; readonly endMs: number };
type Timed = { readonly span: Span; readonly startMs: number; readonly endMs: number };

/** Each below the stage within which it began and ended. What took no time and asked nobody is left out. */
function nested(noted: readonly Span[], { receivedAtMs, endMs }: Bounds, newId: () => string): Subsegment[] {
  const within = (ms: number) => Math.min(Math.max(ms, receivedAtMs), endMs);
  const timed: Timed[] = noted
    .map((span) => ({ span, startMs: within(span.startMs), endMs: within(span.endMs ?? endMs) }))
    .filter(({ span, startMs, endMs: to }) => span.remote !== undefined || to > startMs);
  const parents = timed.map((inner, index) => parentOf(inner, index, timed));
  const below = (parent: Timed | null): Subsegment[] =>
    timed.flatMap((one, index) => (parents[index] === parent ? [subsegment(one, below(one), newId)] : []));
  return below(null);
}

/** The shortest of the stages that hold it; of two alike, the one that began first holds the other. Nobody else's time holds anything. */
function parentOf(inner: Timed, index: number, timed: readonly Timed[]): Timed | null {
  const length = ({ startMs, endMs }: Timed) => endMs - startMs;
  const holders = timed.filter(
    (outer, at) =>
      outer !== inner &&
      outer.span.remote === undefined &&
      outer.startMs <= inner.startMs &&
      outer.endMs >= inner.endMs &&
      (length(outer) > length(inner) || (length(outer) === length(inner) && (at < index || inner.span.remote))),
  );
  return holders.reduce<Timed | null>((found, one) => (!found || length(one) <= length(found) ? one : found), null);
}

function subsegment({ span, startMs, endMs }: Timed, below: Subsegment[], newId: () => string): Subsegment {
  const { stage, remote, id } = span;
  const { status = 200, why } = remote ?? {};
  return {
    id: id ?? newId(),
    name: nameable(remote?.name ?? stage),
    start_time: startMs / 1000,
    end_time: endMs / 1000,
    ...(remote && {
      namespace: 'remote',
      http: { response: { status } },
      ...flagsOf(status),
      annotations: { stage, ...(why !== undefined && { outcome: why }) },
    }),
    ...(below.length > 0 && { subsegments: below }),
  };
}
