/** The Idempotency-Key of a request, and what is said of one that cannot be served. */
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';

export const idempotencyHeader = 'Idempotency-Key';

/** For how long a repetition gets the first one's answer. */
export const keptSeconds = 86_400;

/** Undefined where there is none; throws the caller's error where it is none that could be kept. */
export function presentedKey({ headers }: Pick<GatewayEvent, 'headers'>): string | undefined {
  const key = headers[idempotencyHeader.toLowerCase()];
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new GatewayError('invalid_request', {
    message: `${idempotencyHeader} has 1 to 255 printable ASCII characters.`,
    param: idempotencyHeader,
  });
}

export const usedWithAnotherBody = (): GatewayError =>
  new GatewayError('invalid_request', {
    message: `This ${idempotencyHeader} was used with another body. Use a new one for another request.`,
    param: idempotencyHeader,
  });

export const stillUnderWay = (): GatewayError =>
  new GatewayError('conflict', {
    message: `A request with this ${idempotencyHeader} is under way. Send it again in a moment for its answer.`,
    headers: { 'x-should-retry': 'true', 'retry-after': '1' },
  });
