/** Closes a circuit by an administrator's word. */
import { orRefuse } from '../dynamo/outage.ts';
import { GatewayError } from '../errors.ts';
import { closed } from './circuit.ts';
import { circuitsOf, type NamedCircuit } from './circuit-object.ts';
import type { CircuitStore } from './circuit-store.ts';

export type ResetDeps = {
  readonly circuits: Pick<CircuitStore, 'all' | 'replace'>;
  /** The names of the circuits of all configured targets. */
  readonly configured: readonly string[];
  readonly now: () => number;
};

/** A circuit moves a few times a minute at the most. */
const maxAttempts = 5;

/**
 * The next generation begins, so calls that are under way change nothing of it. Instances see it within a second. What
 * has nothing to tell stays as it is. Unlike a call's own writes, it does not go on without the store: 503 (I12).
 */
export async function resetCircuit(
  { circuits, configured, now }: ResetDeps,
  id: string,
): Promise<{ readonly before: NamedCircuit; readonly after: NamedCircuit }> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const stored = await orRefuse(circuits.all(true));
    const before = circuitsOf(stored, configured).find((circuit) => circuit.id === id);
    if (!before) throw new GatewayError('not_found', { message: 'There is no such circuit.' });
    if (!stored.has(before.name)) return { before, after: before };
    const { generation } = before.circuit;
    const reset = circuits.replace(before.name, generation, closed(generation + 1), now());
    const { applied, circuit } = await orRefuse(reset);
    if (applied) return { before, after: { ...before, circuit } };
  }
  throw new GatewayError('conflict', { message: 'The circuit changes at the same time. Try again.' });
}
