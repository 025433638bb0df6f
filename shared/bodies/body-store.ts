/**
 * Bodies that are too large for an item of a table, and of use for some days: the
 * item says where they are. Whoever keeps one chooses a key that holds the tenant
 * (I5) and that nobody else writes, so that an item and its body always belong together.
 */
export interface BodyStore {
  /** Rejects when the body could not be kept. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** Undefined where there is none, or none any more. Rejects when that cannot be told. */
  get(key: string): Promise<Uint8Array | undefined>;
}

/** Bodies are gone after so many days: longer than anything refers to one. */
export const bodyLifetimeDays = 33;
