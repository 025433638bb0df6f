import { GatewayError } from '../../../shared/errors.ts';

/** The caller's error that this ends with. */
export function refusal(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('It was let through.');
}
