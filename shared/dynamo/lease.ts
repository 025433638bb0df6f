/**
 * A lease is written on the item that it is of: `workerId` has it until `leasedUntilMs`. Whoever repeats a claim whose
 * answer was lost still has it.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { orRefuse } from './outage.ts';

/** With `:now` and `:worker`: nobody else has it, or not any more. */
export const leaseIsFree = '(attribute_not_exists(leasedUntilMs) OR leasedUntilMs <= :now OR workerId = :worker)';
/** With `:worker`. */
export const leaseIsMine = 'workerId = :worker';

/** False where the condition of the write did not hold. Store down: 503 (I12). */
export async function whereItHolds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    return orRefuse(Promise.reject(error));
  }
}
