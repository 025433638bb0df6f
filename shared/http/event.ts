/** The event of an API Gateway REST proxy integration, which every function is called with. */
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { HttpResponse } from './response.ts';

export type GatewayEvent = APIGatewayProxyEvent;
export type { Context } from 'aws-lambda';

/** A function before it is told how to write its answer. */
export type HttpHandler = (event: GatewayEvent, context: Context) => Promise<HttpResponse>;

/** A header, whatever the caller's spelling. REST events keep the caller's capitals. */
export const header = (event: Pick<GatewayEvent, 'headers'>, name: string): string | undefined => {
  const headers = event.headers ?? {};
  const direct = headers[name];
  if (direct !== undefined) return direct;
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name);
  return found === undefined ? undefined : headers[found];
};
