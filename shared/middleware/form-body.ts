/** A body that is a form with files, parsed and checked against the operation's schema. */
import type * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import { formObject, readForm } from '../http/form.ts';
import { check, decoded, maxBodyBytes, type ReadBody } from './json-body.ts';

export async function readFormBody<Body>(
  event: GatewayEvent,
  contentType: string,
  schema: z.ZodMiniType<Body>,
): Promise<ReadBody<Body>> {
  // As text, also where the bytes are here: API Gateway hands bodies over as text, and would have mended what is none.
  const bytes = Buffer.from(decoded(event));
  if (bytes.length > maxBodyBytes) throw new GatewayError('request_too_large');
  const form = await readForm(bytes, contentType);
  if (!form) {
    throw new GatewayError('invalid_request', {
      message: 'The body is not valid multipart/form-data, or has more in it than the request takes.',
    });
  }
  return { body: check(schema, formObject(form)), bodyBytes: bytes.length };
}
