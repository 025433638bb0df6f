/** Sums attempts into buckets of time, grouped as asked. Pure: rows in, results out. */
import type { StoredAttempt, UsageKind } from './attempt.ts';
import { type Grouped, Groups } from './groups.ts';

export const bucketSeconds = { '1m': 60, '1h': 3_600, '1d': 86_400 } as const;
export type BucketWidth = keyof typeof bucketSeconds;

/** Unix seconds, the end exclusive. */
export type Bucket = { readonly start: number; readonly end: number };

/** Buckets end on multiples of their width, in UTC; the first begins where it was asked to. */
export function bucketsBetween(start: number, end: number, width: BucketWidth, limit: number): Bucket[] {
  const seconds = bucketSeconds[width];
  const buckets: Bucket[] = [];
  for (let from = start; from < end && buckets.length < limit; ) {
    const to = Math.min(end, (Math.floor(from / seconds) + 1) * seconds);
    buckets.push({ start: from, end: to });
    from = to;
  }
  return buckets;
}

export const groupFields = {
  completions: ['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier', 'api_source'],
  embeddings: ['project_id', 'user_id', 'api_key_id', 'model'],
  moderations: ['project_id', 'user_id', 'api_key_id', 'model'],
} as const satisfies Record<UsageKind, readonly string[]>;
/** Rows of before there were batches do not say. */
export const isOfBatch = ({ batch }: StoredAttempt): boolean => batch === true;

export type GroupField = (typeof groupFields)['completions'][number];

const fieldOf: Record<GroupField, (row: StoredAttempt) => string | boolean | null> = {
  project_id: (row) => row.projectId,
  user_id: (row) => row.serviceAccountId,
  api_key_id: (row) => row.apiKeyId,
  model: (row) => row.model,
  batch: (row) => isOfBatch(row),
  // Not asked of providers so far, so it is not known.
  service_tier: () => null,
  api_source: () => 'unlabeled',
};

export type Sums = {
  requests: number;
  input: number;
  cachedInput: number;
  cacheWrite: number;
  output: number;
};

/** No call lasts longer: Lambda ends it. */
const longestCallMs = 15 * 60_000;

/**
 * A settled attempt says what it used. An open one is a request whose function
 * still runs, or died: then it has used its input, as far as anyone can tell.
 */
export function addTo(sums: Sums, row: StoredAttempt, nowMs: number): void {
  sums.requests += 1;
  if (row.state === 'settled') {
    sums.input += row.inputTokens;
    sums.cachedInput += row.cachedInputTokens;
    sums.cacheWrite += row.cacheWriteTokens;
    sums.output += row.outputTokens;
  } else if (nowMs - row.startedAtMs > longestCallMs) {
    sums.input += Math.ceil(row.inputBytes / 4);
  }
}

export type GroupedSums = Grouped<GroupField, Sums>;

/** The sums of one bucket. */
export class Tally {
  readonly #groups: Groups<GroupField, Sums>;

  constructor(fields: readonly GroupField[]) {
    const fresh = (): Sums => ({ requests: 0, input: 0, cachedInput: 0, cacheWrite: 0, output: 0 });
    this.#groups = new Groups(fields, fresh);
  }

  add(row: StoredAttempt, nowMs: number): void {
    addTo(
      this.#groups.find((field) => fieldOf[field](row)),
      row,
      nowMs,
    );
  }

  results(): readonly GroupedSums[] {
    return this.#groups.results();
  }
}

/** `organization.usage.*.result` of the `openai` package. Fields that were not grouped by are null. */
export function resultObject(kind: UsageKind, { group, sums }: GroupedSums) {
  const fields = Object.fromEntries(groupFields[kind].map((field) => [field, group[field] ?? null]));
  const common = {
    object: `organization.usage.${kind}.result`,
    input_tokens: sums.input,
    num_model_requests: sums.requests,
  };
  if (kind !== 'completions') return { ...common, ...fields };
  return {
    ...common,
    output_tokens: sums.output,
    input_cached_tokens: sums.cachedInput,
    input_cache_write_tokens: sums.cacheWrite,
    input_uncached_tokens: sums.input - sums.cachedInput - sums.cacheWrite,
    ...fields,
  };
}
