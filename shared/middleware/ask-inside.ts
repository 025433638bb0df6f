/** A request that nobody sends just now, put to the very pipeline of those that come over the network. Who asks is known. */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { GatewayError } from '../errors.ts';
import type { Context, GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Route } from '../http/route.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { QueueContext } from '../queues/queue-handler.ts';
import { type GatewayDeps, gatewayHandler } from './gateway-handler.ts';
import type { Operation } from './operation.ts';

export type Run = (call: InferenceCall) => Promise<HttpResponse>;

/** Nobody repeats such a request, or waits for it: whoever works on it does so once. */
export type InsideDeps = Omit<GatewayDeps, 'authenticate' | 'keyedCalls' | 'callsUnderWay' | 'takeIn'> & {
  readonly run: Run;
  readonly operation: (run: Run) => Operation;
};

export type AskedInside = {
  readonly caller: ProjectCaller;
  /** In the ledger and in the log. */
  readonly requestId: string;
  /** JSON, as its caller wrote it. */
  readonly body: string;
  /** Why it is asked: stands where a caller's key and address would. */
  readonly on: 'background' | 'batch';
  /** What is under way is broken off when nobody wants its answer any more. */
  readonly stopped: AbortSignal;
  readonly context: QueueContext;
};

export type InsideAnswer = Pick<HttpResponse, 'status' | 'headers'> & {
  readonly body: object;
  /** Its limits and its budget had room for it, and its guardrails let it pass. */
  readonly wasLetIn: boolean;
};

/** When its accounts are settled as well. */
export async function askInside(
  { operation, run, ...deps }: InsideDeps,
  { caller, stopped, context, ...asked }: AskedInside,
): Promise<InsideAnswer> {
  let wasLetIn = false;
  const following = followed(stopped);
  const { route, ...rest } = operation((call) => {
    wasLetIn = true;
    return run({ ...call, stopped: following.signal, signal: AbortSignal.any([call.signal, following.signal]) });
  });
  const handler = gatewayHandler({ ...deps, authenticate: async () => caller }, [{ route, ...rest }]);
  try {
    const { status, headers, body, afterwards } = await handler(eventOf(route, asked), insideOf(context));
    try {
      return { status, headers, body: objectIn(body), wasLetIn };
    } finally {
      await afterwards?.();
    }
  } finally {
    following.release();
  }
}

/** It may be the signal of a whole batch: what hangs on it must not outlive the request. */
function followed(stopped: AbortSignal): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  stopped.addEventListener('abort', abort, { once: true });
  if (stopped.aborted) abort();
  return { signal: controller.signal, release: () => stopped.removeEventListener('abort', abort) };
}

function objectIn(body: HttpResponse['body']): object {
  const answer: unknown = typeof body === 'string' ? JSON.parse(body) : null;
  if (typeof answer !== 'object' || answer === null) throw new GatewayError('internal');
  return answer;
}

/** One invocation of a worker makes many of them. */
const insideOf = (context: QueueContext): Context =>
  ({
    ...context,
    getRemainingTimeInMillis: () => context.getRemainingTimeInMillis(),
    ownTrace: true,
  }) as Context;

const eventOf = (
  { method, path }: Route,
  { requestId, body, on }: Pick<AskedInside, 'requestId' | 'body' | 'on'>,
): GatewayEvent => {
  const event: Pick<APIGatewayProxyEvent, 'httpMethod' | 'path' | 'resource' | 'body' | 'isBase64Encoded'> & {
    readonly headers: Record<string, string>;
    readonly requestContext: { readonly requestId: string; readonly identity: { readonly sourceIp: string } };
  } = {
    httpMethod: method,
    path,
    resource: path,
    // Who asks is known; the pipeline wants to see something that stands for it.
    headers: { authorization: `Bearer ${on}` },
    body,
    isBase64Encoded: false,
    requestContext: { requestId, identity: { sourceIp: on } },
  };
  return event as unknown as GatewayEvent;
};

export type InsideFailure = {
  readonly code: string;
  readonly message: string;
  /** Nothing has come of it, and something may later: nobody was asked, or those who were have no room. */
  readonly mayPass: boolean;
  /** Asked again it would end the same way, or do and cost again what it has done and cost. */
  readonly isFinal: boolean;
  readonly retryAfterMs: number;
};

const passing = new Set(['rate_limit_exceeded', 'circuit_open']);

/**
 * Told not to be repeated for the sake of SDKs, which would hang or hammer, and after so many attempts. After more of them
 * a model has answered and tools may have run, which would be done and paid for once more.
 */
const onlyLater: ReadonlyMap<string, number> = new Map([
  ['circuit_open', 0],
  ['upstream_auth', 1],
]);

/** Of an answer that is an error. */
export function failureIn({ headers, body, wasLetIn }: InsideAnswer): InsideFailure {
  const { error } = body as { readonly error: { readonly code: string | null; readonly message: string } };
  const code = error.code ?? 'server_error';
  const seconds = Number(headers['retry-after'] ?? 0);
  const retryAfterMs = Number(headers['retry-after-ms'] ?? seconds * 1000);
  const attempts = Number(headers['x-sluice-attempts'] ?? 0);
  const isFinal = headers['x-should-retry'] === 'false' && attempts > (onlyLater.get(code) ?? -1);
  return {
    code,
    message: error.message,
    isFinal,
    mayPass: !isFinal && (passing.has(code) || (code === 'overloaded' && !wasLetIn)),
    retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : 0,
  };
}
