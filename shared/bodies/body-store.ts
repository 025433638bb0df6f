/**
 * Bodies that are too large for an item of a table, and of use for a while: the
 * item says where they are. Whoever keeps one chooses a key that holds the tenant
 * (I5) and that nobody else writes, so that an item and its body always belong together.
 */
export interface BodyStore {
  /** Rejects when the body could not be kept. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** Undefined where there is none, or none any more. Rejects when that cannot be told. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Also where there is none. Rejects when that cannot be told. */
  delete(key: string): Promise<void>;
}

/** What keys begin with: who keeps bodies, and for how long. */
export const bodyFolders = {
  cache: { isRubbish: true },
  idempotency: { isRubbish: true },
  responses: { isRubbish: true },
  /** Of items of conversations, which last until somebody, or the sweep, deletes them. */
  conversations: { isRubbish: false },
} as const satisfies Record<string, { readonly isRubbish: boolean }>;

export const rubbishFolders: readonly string[] = Object.entries(bodyFolders).flatMap(([name, { isRubbish }]) =>
  isRubbish ? [name] : [],
);

/** Bodies that are rubbish some day are gone after so many days: longer than anything refers to one. */
export const bodyLifetimeDays = 33;
