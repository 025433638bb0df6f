/** The composition root goes on: requests that are sent again. */
import type { BodyStore } from './bodies/body-store.ts';
import type { TableOf } from './caller-deps.ts';
import type { Live } from './deps.ts';
import { dynamoIdempotencyStore } from './idempotency/idempotency-store.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { createCallsUnderWay } from './repetitions/calls-under-way.ts';
import { createKeyedCalls } from './repetitions/keyed-calls.ts';

type Repetitions = Pick<GatewayDeps, 'keyedCalls' | 'callsUnderWay'>;

export function repetitionsOf(root: Live, tableOf: TableOf, bodiesOf: (root: Live) => BodyStore): Repetitions {
  const { env, db, now, pause } = root;
  const store = dynamoIdempotencyStore(db, tableOf(root, 'idempotency'));
  return {
    keyedCalls: createKeyedCalls({ store, bodies: bodiesOf(root), now, pause }),
    ...(env.hearsOfCallers && { callsUnderWay: createCallsUnderWay(now) }),
  };
}
