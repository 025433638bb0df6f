/** What the usage endpoints are asked, and how they find the answer. */
import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import { booleanText, textList, wholeNumber } from '../http/page.ts';
import type { StoredAttempt, UsageKind } from './attempt.ts';
import { allows, type BucketPageDeps, bucketPage, ids, unixSeconds } from './bucket-page.ts';
import { groupFields, isOfBatch, resultObject, Tally } from './buckets.ts';

/** As many buckets as OpenAI gives. https://platform.openai.com/docs/api-reference/usage */
const bucketLimits = {
  '1m': { usual: 60, most: 1_440 },
  '1h': { usual: 24, most: 168 },
  '1d': { usual: 7, most: 31 },
} as const;

const common = {
  start_time: unixSeconds,
  end_time: z.optional(unixSeconds),
  bucket_width: z._default(z.enum(['1m', '1h', '1d']), '1d'),
  limit: z.optional(wholeNumber(1, 1_440)),
  page: z.optional(z.string()),
  project_ids: ids,
  user_ids: ids,
  api_key_ids: ids,
  models: ids,
};

export const completionsUsageSchema = z.strictObject({
  ...common,
  batch: z.optional(booleanText),
  group_by: z.optional(textList(z.enum(groupFields.completions))),
});
export const otherUsageSchema = z.strictObject({
  ...common,
  group_by: z.optional(textList(z.enum(groupFields.embeddings))),
});
export type UsageQuery = z.infer<typeof completionsUsageSchema>;
export type UsageFilter = Pick<UsageQuery, 'group_by' | 'user_ids' | 'api_key_ids' | 'models' | 'batch'>;

export async function usagePage(deps: BucketPageDeps, kind: UsageKind, query: UsageQuery) {
  const { usual, most } = bucketLimits[query.bucket_width];
  const limit = query.limit ?? usual;
  if (limit > most) {
    throw new GatewayError('invalid_request', {
      message: `With bucket_width ${query.bucket_width}, the limit is at most ${most}.`,
      param: 'limit',
    });
  }
  return bucketPage(deps, { ...query, limit }, usageSums(kind, query, deps.now()));
}

/** What becomes of a row, for whoever goes through the ledger once and wants more than one answer of it. */
export const usageSums = (kind: UsageKind, query: UsageFilter, nowMs: number) => ({
  fresh: () => new Tally(query.group_by ?? []),
  add: (tally: Tally, row: StoredAttempt) => {
    if (matches(row, kind, query)) tally.add(row, nowMs);
  },
  results: (tally: Tally) => tally.results().map((grouped) => resultObject(kind, grouped)),
});

const matches = (row: StoredAttempt, kind: UsageKind, { user_ids, api_key_ids, models, batch }: UsageFilter): boolean =>
  row.kind === kind &&
  allows(user_ids, row.serviceAccountId) &&
  allows(api_key_ids, row.apiKeyId) &&
  allows(models, row.model) &&
  (batch === undefined || batch === isOfBatch(row));
