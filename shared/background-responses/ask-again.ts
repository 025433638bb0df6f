/** The request of a response in the background, put to the very pipeline that it would have gone through at once. */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { GatewayError } from '../errors.ts';
import type { Context, GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Route } from '../http/route.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import type { Prepare } from '../inference/preparation.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { type GatewayDeps, gatewayHandler } from '../middleware/gateway-handler.ts';
import type { Operation } from '../middleware/operation.ts';
import type { QueueContext } from '../queues/queue-handler.ts';
import type { JsonObject } from '../stored-responses/stored-response.ts';
import type { BackgroundResponse } from './background-response.ts';
import { asPromised } from './promised.ts';
import type { ResponseFailure } from './response-objects.ts';

export type Run = (call: InferenceCall) => Promise<HttpResponse>;

/** What is asked of gateways in the background; whose key it is has been found out. */
export type AskAgainDeps = Omit<GatewayDeps, 'authenticate' | 'keyedCalls' | 'callsUnderWay'> & {
  readonly prepare: Prepare;
  readonly run: Run;
  readonly operation: (run: Run) => Operation;
};

export type Asking = {
  readonly response: BackgroundResponse;
  readonly caller: ProjectCaller;
  readonly stopped: AbortSignal;
  readonly context: QueueContext;
};

export type Outcome =
  | { readonly kind: 'answered'; readonly response: JsonObject }
  | { readonly kind: 'failed'; readonly error: ResponseFailure }
  /** Nothing has come of it, and something may later. */
  | { readonly kind: 'wait'; readonly error: ResponseFailure; readonly retryAfterMs: number };

export async function askAgain(deps: AskAgainDeps, { response, caller, stopped, context }: Asking): Promise<Outcome> {
  const { operation, prepare, run, ...gateway } = deps;
  let wasLetIn = false;
  const { route, ...rest } = operation((call) => {
    wasLetIn = true;
    return run({ ...call, stopped, signal: AbortSignal.any([call.signal, stopped]) });
  });
  const handler = gatewayHandler(
    {
      ...gateway,
      authenticate: async () => caller,
      prepare: asPromised(prepare, {
        responseId: response.id,
        createdAt: Math.floor(response.createdAtMs / 1000),
      }),
    },
    [{ route, ...rest }],
  );
  const { status, headers, body, afterwards } = await handler(eventOf(route, response), context as Context);
  try {
    return outcomeOf(status, headers, body, wasLetIn);
  } finally {
    await afterwards?.();
  }
}

/** The id of the response is the request's, in the ledger and in the log. */
const eventOf = ({ method, path }: Route, { id, request }: BackgroundResponse): GatewayEvent => {
  const event: Pick<APIGatewayProxyEvent, 'httpMethod' | 'path' | 'resource' | 'body' | 'isBase64Encoded'> & {
    readonly headers: Record<string, string>;
    readonly requestContext: { readonly requestId: string; readonly identity: { readonly sourceIp: string } };
  } = {
    httpMethod: method,
    path,
    resource: path,
    // Who asks is known; the pipeline wants to see something that stands for it.
    headers: { authorization: 'Bearer background' },
    body: request,
    isBase64Encoded: false,
    requestContext: { requestId: id, identity: { sourceIp: 'background' } },
  };
  return event as unknown as GatewayEvent;
};

/** What another time may bring: nobody was asked, or those who were have no room. */
const passing = new Set(['rate_limit_exceeded', 'circuit_open']);

function outcomeOf(
  status: number,
  headers: HttpResponse['headers'],
  body: HttpResponse['body'],
  wasLetIn: boolean,
): Outcome {
  const answer: unknown = typeof body === 'string' ? JSON.parse(body) : null;
  if (typeof answer !== 'object' || answer === null) throw new GatewayError('internal');
  if (status === 200) return { kind: 'answered', response: answer as JsonObject };
  const { code, message } = (answer as { error: { code: string | null; message: string } }).error;
  const error = { code: code ?? 'server_error', message };
  const mayPass = passing.has(error.code) || (error.code === 'overloaded' && !wasLetIn);
  if (!mayPass) return { kind: 'failed', error };
  const seconds = Number(headers['retry-after'] ?? 0);
  const retryAfterMs = Number(headers['retry-after-ms'] ?? seconds * 1000);
  return { kind: 'wait', error, retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : 0 };
}
