/** When every provider of a model is left alone. */
import { GatewayError } from '../errors.ts';

/** The longest that the SDKs wait of themselves. Told to wait for longer they would hang this long, twice, and fail: better at once. */
const worthWaitingMs = 8_000;

export const allOpen = (retryAfterMs: number): GatewayError =>
  new GatewayError('circuit_open', {
    headers: {
      'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))),
      'retry-after-ms': String(Math.max(1, Math.ceil(retryAfterMs))),
      'x-should-retry': String(retryAfterMs <= worthWaitingMs),
    },
  });
