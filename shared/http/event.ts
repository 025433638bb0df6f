/** The event of an API Gateway REST proxy integration, which every function is called with. */
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { HttpResponse } from './response.ts';

export type GatewayEvent = APIGatewayProxyEvent;
export type { Context } from 'aws-lambda';

/** A function before it is told how to write its answer. */
export type HttpHandler = (event: GatewayEvent, context: Context) => Promise<HttpResponse>;
