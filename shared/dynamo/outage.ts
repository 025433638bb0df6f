/** What happens when DynamoDB does not answer (I12): each store's method says which of the two holds for it. */
import { GatewayError } from '../errors.ts';

/** Keys, projects, usage: nothing may be let through unseen, so the caller gets a 503. */
export async function orRefuse<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : new GatewayError('overloaded', { cause });
  }
}
