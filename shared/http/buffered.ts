import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Context, GatewayEvent, HttpHandler } from './event.ts';
import type { HttpResponse } from './response.ts';

const decoder = new TextDecoder();

async function text(body: HttpResponse['body']): Promise<string> {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return decoder.decode(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return decoder.decode(Buffer.concat(chunks));
}

/** Lambda's entry point for a function that answers in one piece; what is left to do is done before it does. */
export const buffered =
  (handler: HttpHandler) =>
  async (event: GatewayEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const { status, headers, body, afterwards } = await handler(event, context);
    const whole = await text(body).catch(async (error: unknown) => {
      await afterwards?.(error);
      throw error;
    });
    await afterwards?.();
    return { statusCode: status, headers: { ...headers }, body: whole };
  };
