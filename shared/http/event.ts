/** The event of an API Gateway REST proxy integration, which every function is called with. */
import type { APIGatewayProxyEvent, Context as LambdaContext } from 'aws-lambda';
import type { Host } from '../observability/host.ts';
import type { OnRequestEnd } from '../observability/request-record.ts';
import type { HttpResponse } from './response.ts';

export type GatewayEvent = APIGatewayProxyEvent;

/** As Lambda has it. One machine, which serves all functions, also wants to hear what became of each request, and has something to tell. */
export type Context = LambdaContext & {
  readonly onRequestEnd?: OnRequestEnd;
  readonly host?: Host;
  /** X-Ray's header. With several invocations at a time in a process, this and no variable has it; the types do not know it yet. */
  readonly xRayTraceId?: string;
  /** The request is one of several that an invocation makes, each with a trace of its own. */
  readonly ownTrace?: true;
};

/** Of the path, as API Gateway has found them. */
export const pathParametersOf = ({ pathParameters }: GatewayEvent): Record<string, string> =>
  Object.fromEntries(Object.entries(pathParameters ?? {}).map(([name, value]) => [name, value ?? '']));

/** Has the caller gone without the answer? On Lambda nobody tells. */
export type HasLeft = () => boolean;

/** A function before it is told how to write its answer. */
export type HttpHandler = (event: GatewayEvent, context: Context, hasLeft?: HasLeft) => Promise<HttpResponse>;
