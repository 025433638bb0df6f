/** Circuits as the control plane shows them: ours, in the manner of the `openai` package. Pure. */
import type { CircuitSettings } from '../resilience/settings.ts';
import { type Circuit, isWithinWindow, standing, untouched } from './circuit.ts';
import { circuitId, namedBy } from './circuit-name.ts';

export type NamedCircuit = { readonly id: string; readonly name: string; readonly circuit: Circuit };

/** All that have anything to tell, and those of the configured targets besides; by id. */
export const circuitsOf = (stored: ReadonlyMap<string, Circuit>, configured: readonly string[]): NamedCircuit[] =>
  [...new Set([...stored.keys(), ...configured])]
    .map((name) => ({ id: circuitId(name), name, circuit: stored.get(name) ?? untouched }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const seconds = (ms: number): number => Math.floor(ms / 1000);

export function circuitObject({ id, name, circuit }: NamedCircuit, nowMs: number, settings: CircuitSettings) {
  const { may } = standing(circuit, nowMs);
  const tripped = circuit.state === 'closed' ? null : circuit;
  const retryAtMs = circuit.state === 'closed' ? circuit.coolUntilMs : circuit.retryAtMs;
  const counts = circuit.state !== 'closed' || isWithinWindow(circuit, nowMs, settings);
  return {
    object: 'organization.circuit' as const,
    id,
    ...namedBy(name),
    state: circuit.state === 'closed' && may === 'wait' ? ('cooling' as const) : circuit.state,
    failures: counts ? circuit.failures : 0,
    reason: tripped?.reason ?? null,
    opened_at: tripped ? seconds(tripped.openedAtMs) : null,
    /** Of one that is half open: when another call may try, should the one under way never be heard of again. */
    retry_at: tripped || may === 'wait' ? seconds(retryAtMs) : null,
  };
}
