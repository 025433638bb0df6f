import { circuitId, credentialCircuit, namedBy, targetCircuit } from '../../../shared/circuits/circuit-name.ts';
import { circuitListSchema } from '../../../shared/circuits/schemas.ts';

const target = { provider: 'backup', model: 'meta/llama-4:70b' };

test('a name says whose circuit it is', () => {
  expect(namedBy(targetCircuit(target))).toEqual(target);
  expect(namedBy(credentialCircuit(target))).toEqual({ provider: 'backup', model: null });
});

test('an id goes into a path and into a cursor, however long the name is', () => {
  const id = circuitId(targetCircuit({ ...target, model: 'm'.repeat(1_000) }));
  expect(id).toMatch(/^circ_[A-Za-z0-9_-]{22}$/);
  expect(circuitListSchema.parse({ after: id })).toMatchObject({ after: id });
  expect(circuitId('a')).not.toBe(circuitId('b'));
});
