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

/** Bodies that are rubbish some day are gone after so many days: longer than anything refers to one. */
export const bodyLifetimeDays = 33;

export const inboxFolder = 'request-log-inbox';

/** What keys begin with: who keeps something there, and for how many days. Null: until somebody, or the sweep, deletes it. */
export const bodyFolders = {
  cache: { lifetimeDays: bodyLifetimeDays },
  idempotency: { lifetimeDays: bodyLifetimeDays },
  responses: { lifetimeDays: bodyLifetimeDays },
  /** Sealed, until the worker of the request log has written it down; no message that tells of it is older. */
  [inboxFolder]: { lifetimeDays: 5 },
  /** Large answers to lines of batches, until they stand in a file. */
  batches: { lifetimeDays: 7 },
  /** Of items of conversations. */
  conversations: { lifetimeDays: null },
} as const satisfies Record<string, { readonly lifetimeDays: number | null }>;

/** The same of what is written and read as streams: shared/objects/object-store.ts. */
export const objectFolders = {
  files: { lifetimeDays: null },
  /** Parts of files to be. An upload is over within the hour. */
  uploads: { lifetimeDays: 1 },
} as const satisfies Record<string, { readonly lifetimeDays: number | null }>;

export type RubbishFolder = { readonly name: string; readonly lifetimeDays: number };

export const rubbishFolders: readonly RubbishFolder[] = Object.entries({ ...bodyFolders, ...objectFolders }).flatMap(
  ([name, { lifetimeDays }]) => (lifetimeDays === null ? [] : [{ name, lifetimeDays }]),
);
