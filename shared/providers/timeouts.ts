/** How long a provider is waited for, each wait by itself. */
import * as z from 'zod/mini';

export type Timeouts = {
  /** Until a connection can be used. */
  readonly connectMs: number;
  /** Until the first bytes of a stream. */
  readonly firstChunkMs: number;
  /** Silence between the bytes of an answer. */
  readonly idleMs: number;
  /** The whole of an attempt. */
  readonly totalMs: number;
};

const defaults: Timeouts = {
  // Name, TCP and TLS take half a second across an ocean. Beyond 5 s nobody is there, and the next provider is.
  connectMs: 5_000,
  // A model that reasons is silent for a minute or two before its first word,
  firstChunkMs: 120_000,
  // and may be again between two of them.
  idleMs: 120_000,
  // What the official clients wait by default: after that, nobody listens.
  totalMs: 600_000,
};

const ms = (said: string) => z.optional(z.int().check(z.minimum(1), z.maximum(900_000), z.describe(said)));

export const timeoutsSchema = z.strictObject({
  connectMs: ms('Until a new connection can be used: name, TCP and TLS. 5000 if absent.'),
  firstChunkMs: ms('Until the first bytes of a streamed answer. 120000 if absent.'),
  idleMs: ms('Silence in the midst of an answer, streamed or whole. 120000 if absent.'),
  totalMs: ms('The whole of an attempt, from its beginning to the last byte. 600000 if absent.'),
});

type Stated = { readonly timeouts?: z.infer<typeof timeoutsSchema> | undefined };

export const timeoutsOf = ({ timeouts = {} }: Stated): Timeouts => ({
  connectMs: timeouts.connectMs ?? defaults.connectMs,
  firstChunkMs: timeouts.firstChunkMs ?? defaults.firstChunkMs,
  idleMs: timeouts.idleMs ?? defaults.idleMs,
  totalMs: timeouts.totalMs ?? defaults.totalMs,
});
