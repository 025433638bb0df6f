/** Calls a function as Lambda would, and hands its answer on as it comes. */
import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Context, GatewayEvent } from '../../shared/http/event.ts';
import { isStreaming, type OnPrelude, type Sink, streamedAnswer } from './aws-lambda-global.ts';

/** What a function's module exports as `handler`. */
export type LambdaHandler = (event: GatewayEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** REST streaming ends after 15 minutes. */
const timeoutMs = 15 * 60_000;

/** What functions have of one machine, and not of Lambda. */
export type OfTheHost = Pick<Context, 'onRequestEnd' | 'host'>;

export function lambdaContext(
  functionName: string,
  requestId: string,
  now: () => number,
  ofTheHost: OfTheHost = {},
): Context {
  const deadline = now() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: '1024',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
    ...ofTheHost,
  };
}

export type Invocation = {
  readonly handler: LambdaHandler;
  readonly event: GatewayEvent;
  readonly context: Context;
  readonly onPrelude: OnPrelude;
  readonly sink: Sink;
  /** Called with what to do when the caller leaves. */
  readonly onCallerGone: (leave: () => void) => void;
};

/** Resolves when the function has ended, which is later than its answer has. */
export async function invoke({ handler, event, context, onPrelude, sink, onCallerGone }: Invocation): Promise<void> {
  if (isStreaming(handler)) {
    const { stream, leave, ended } = streamedAnswer(onPrelude, sink);
    onCallerGone(leave);
    await handler(event, stream, context);
    await ended();
    return;
  }
  const { statusCode, headers, body, isBase64Encoded } = await handler(event, context);
  onPrelude(statusCode, headers as Record<string, string>);
  sink.write(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
  sink.end();
}
