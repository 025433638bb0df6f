/**
 * Which targets may be asked, as all instances together have found out. Healthy,
 * it costs no write, and a read a second at most, beside the admission (I9).
 */
import type { GatewayError } from '../errors.ts';

/** A provider's model: what a circuit is for. */
export type CircuitTarget = {
  readonly provider: string;
  readonly model: string;
  /** The name is a caller's own: it has no circuit by itself, but shares one with all such names of the provider (I11). */
  readonly madeUp?: boolean;
};

/** Leave to make one call. Exactly one of `succeeded`, `failed` and `unknown` is called when it has ended. */
export type Pass = {
  /** The call was answered; a stream, at its very end. */
  readonly succeeded: () => void;
  /** The provider's fault: a failure, a rate limit or a refused credential, as the error says. */
  readonly failed: (error: GatewayError) => void;
  /** It ended in a way that tells nothing about the provider: the caller's own mistake, or the caller left. */
  readonly unknown: () => void;
};

export type Leave =
  | { readonly admitted: true; readonly pass: Pass }
  | { readonly admitted: false; readonly retryAfterMs: number };

export interface Circuits {
  /** Looks at what is shared, where the last look is older than a second. Never throws: with the store down, calls go on (I12). */
  refresh(): Promise<void>;
  /** By what is known here and now, without a look: for choosing among targets before the call is let in. */
  isOpen(target: CircuitTarget): boolean;
  /** Writes only where a circuit has cooled down and this call would be the one that tries it. */
  admit(target: CircuitTarget): Promise<Leave>;
  /** When every write begun so far has ended; for after the answer. Never throws. */
  settled(): Promise<void>;
}
