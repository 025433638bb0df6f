/** What circuits are called. A provider's name has no slash, so the two kinds cannot meet. */
import { createHash } from 'node:crypto';
import type { CircuitTarget } from './circuits.ts';

/** Of a provider's model, or of all that no configuration and no catalogue lists. */
export const targetCircuit = ({ provider, model, madeUp = false }: CircuitTarget): string =>
  `${provider}/${madeUp ? '*' : model}`;

/** Of our own credential with a provider, and so of all its models. */
export const credentialCircuit = ({ provider }: Pick<CircuitTarget, 'provider'>): string => provider;

export type CircuitOf = { readonly provider: string; readonly model: string | null };

export function namedBy(name: string): CircuitOf {
  const slash = name.indexOf('/');
  return slash === -1
    ? { provider: name, model: null }
    : { provider: name.slice(0, slash), model: name.slice(slash + 1) };
}

/** For paths and cursors, where a name's slashes would mean something. */
export const circuitId = (name: string): string =>
  `circ_${createHash('sha256').update(name).digest('base64url').slice(0, 22)}`;
