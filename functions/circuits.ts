/** /v1/organization/circuits: which providers' models are left alone, and why. Ours: OpenAI has nothing like it. */
import { operationRoutes } from '../infra/routes/operations.ts';
import { circuitObject, circuitsOf, type NamedCircuit } from '../shared/circuits/circuit-object.ts';
import { resetCircuit } from '../shared/circuits/reset-circuit.ts';
import { circuitListSchema } from '../shared/circuits/schemas.ts';
import { type CircuitsDeps, circuitsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { orRefuse } from '../shared/dynamo/outage.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { pageOfFew } from '../shared/http/page-of-few.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: CircuitsDeps) => {
  const { circuits, configured, settings, now } = deps;
  const show = (circuit: NamedCircuit) => circuitObject(circuit, now(), settings);

  return gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'listCircuits'), circuitListSchema, async ({ body }) => {
      const stored = await orRefuse(circuits.all(true));
      return json(200, pageObject(pageOfFew(circuitsOf(stored, configured), body), show));
    }),

    operation(routeIn(operationRoutes, 'resetCircuit'), null, async ({ params, audit }) => {
      const { before, after } = await resetCircuit(deps, params['circuit_id'] ?? '');
      audit({ id: after.id, before: show(before), after: show(after) });
      return json(200, show(after));
    }),
  ]);
};

export const handler = buffered(createHandler(circuitsDeps(live(process.env))));
