/** The frame around a request: its id, the headers that every answer has, and, once the last byte is out, its metrics and log line. */
import type { MiddlewareObj, Request } from '@middy/core';
import { asGatewayError } from '../errors.ts';
import type { RequestReport } from '../http/call.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Log } from '../observability/log.ts';
import type { EmitMetrics } from '../observability/metrics.ts';
import type { Observing } from '../observability/observing.ts';
import { requestMetrics } from '../observability/request-metrics.ts';
import type { RequestRecord } from '../observability/request-record.ts';
import { stageTimes } from '../observability/stages.ts';
import { callersTrace, clientRequestId } from '../observability/trace-context.ts';
import { type Trail, tracedAs } from '../observability/trail.ts';
import type { RequestContext } from './request-context.ts';

type ObserveDeps = {
  readonly log: Log;
  readonly emitMetrics: EmitMetrics;
  readonly now: () => number;
  readonly observing?: Observing;
  readonly known?: Readonly<RequestReport>;
};
type GatewayRequest = Request<GatewayEvent, HttpResponse, Error, RequestContext>;

/** An answer is what it says it is, and no browser guesses otherwise. */
const always = { 'x-content-type-options': 'nosniff' } as const;

export function observe(deps: ObserveDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> {
  const finish = async (request: GatewayRequest): Promise<void> => {
    const { context, response } = request;
    if (!response) return;
    const { requestId, receivedAtMs, report, pending } = context;
    // The clock of a machine may be set back.
    report.upstreamMs &&= Math.max(0, report.upstreamMs);
    const firstByteMs = Math.max(0, deps.now() - receivedAtMs);
    const overheadMs = Math.max(0, firstByteMs - (report.upstreamMs ?? 0));
    request.response = {
      ...response,
      headers: {
        'openai-processing-ms': String(firstByteMs),
        ...context.limitHeaders,
        ...response.headers,
        ...always,
        'x-request-id': requestId,
        'x-sluice-overhead-ms': String(overheadMs),
        ...(report.cache !== undefined && { 'x-sluice-cache': report.cache }),
        ...(report.safety !== undefined && { 'x-sluice-safety': report.safety }),
        ...(report.provider !== undefined && { 'x-sluice-provider': report.provider }),
        ...(report.attempts !== undefined && { 'x-sluice-attempts': String(report.attempts) }),
      },
      afterwards: async (brokenBy) => {
        const latencyMs = Math.max(firstByteMs, deps.now() - receivedAtMs);
        if (brokenBy !== undefined) {
          report.failure ??= asGatewayError(brokenBy).why;
          deps.log.error('answer broken off', { requestId, error: brokenBy });
        }
        const settled = await failuresOf(pending);
        const stagesMs = stageTimes(report.trail?.spans ?? [], {
          receivedAtMs,
          firstByteAtMs: receivedAtMs + firstByteMs,
          lastByteAtMs: receivedAtMs + latencyMs,
          settledAtMs: deps.now(),
          streamed: typeof response.body === 'object' && !(response.body instanceof Uint8Array),
        });
        const record = recordOf(request, response.status, { latencyMs, firstByteMs, overheadMs, stagesMs });
        const untold = await failuresOf([
          () => tell(deps, record),
          () => context.onRequestEnd?.(record),
          () => deps.observing?.ended(record, report.trail),
          () => context.logged?.(record),
        ]);
        // It is answered and paid for by now: whoever cannot be told of it must not make a failure of it.
        for (const error of untold) deps.log.error('request not told of', { requestId, error });
        for (const error of settled) throw error;
      },
    };
  };

  return {
    before: ({ event, context }) => {
      context.requestId = event.requestContext.requestId;
      context.receivedAtMs = deps.now();
      context.report = { ...deps.known, trail: trailOf(deps, event, context) };
      context.pending = [];
      context.admitted = undefined;
      context.limitHeaders = {};
    },
    after: finish,
    onError: finish,
  };
}

function trailOf({ now, observing }: ObserveDeps, { headers }: GatewayEvent, context: RequestContext): Trail {
  const callers = callersTrace(headers);
  const closely = observing?.begin(context.requestId, context);
  return { now, spans: [], ...(callers && { callersTrace: callers }), ...closely };
}

/** Of work that is all done at the same time, whatever becomes of some of it. */
const failuresOf = async (works: readonly (() => unknown)[]): Promise<unknown[]> =>
  (await Promise.allSettled(works.map(async (work) => work()))).flatMap((one) =>
    one.status === 'rejected' ? [one.reason] : [],
  );

type Times = Pick<RequestRecord, 'latencyMs' | 'firstByteMs' | 'overheadMs' | 'stagesMs'>;

function recordOf({ event, context }: GatewayRequest, status: number, times: Times): RequestRecord {
  const { requestId, receivedAtMs, caller } = context;
  const { trail, ...report } = context.report;
  const clientId = clientRequestId(event.headers);
  const traceId = trail && tracedAs(trail);
  return {
    requestId,
    ...(clientId !== undefined && { clientRequestId: clientId }),
    ...(traceId !== undefined && { traceId }),
    method: event.httpMethod,
    path: event.resource,
    status,
    outcome: report.failure ?? 'ok',
    receivedAtMs,
    ...times,
    report,
    ...(caller && caller.kind !== 'anyone' && { apiKeyId: caller.apiKeyId }),
    ...(caller?.kind === 'project' && { projectId: caller.projectId }),
  };
}

function tell({ log, emitMetrics }: ObserveDeps, record: RequestRecord): void {
  const { method, path, receivedAtMs: _, report, ...facts } = record;
  const route = `${method} ${path}`;
  emitMetrics(requestMetrics(record));
  log.info('request', { ...facts, route, ...report });
}
