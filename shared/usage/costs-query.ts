/** What the costs endpoint is asked, and how it finds the answer: the ledger's money, by days. */
import * as z from 'zod/mini';
import { textList, wholeNumber } from '../http/page.ts';
import type { StoredAttempt } from './attempt.ts';
import { allows, type BucketPageDeps, bucketPage, ids, unixSeconds } from './bucket-page.ts';
import { CostTally, costFields, costResult } from './costs.ts';

export const costsSchema = z.strictObject({
  start_time: unixSeconds,
  end_time: z.optional(unixSeconds),
  bucket_width: z._default(z.enum(['1d']), '1d'),
  limit: z._default(wholeNumber(1, 180), 7),
  page: z.optional(z.string()),
  project_ids: ids,
  api_key_ids: ids,
  /** A model's name and the kind of its tokens. */
  line_items: ids,
  group_by: z.optional(textList(z.enum(costFields))),
});
export type CostsQuery = z.infer<typeof costsSchema>;

export const costsPage = (deps: BucketPageDeps, query: CostsQuery) => bucketPage(deps, query, costSums(query));

export const costSums = (query: Pick<CostsQuery, 'group_by' | 'line_items' | 'api_key_ids'>) => ({
  fresh: () => new CostTally(query.group_by ?? [], query.line_items),
  add: (tally: CostTally, row: StoredAttempt) => {
    if (allows(query.api_key_ids, row.apiKeyId)) tally.add(row);
  },
  results: (tally: CostTally) => tally.results().map(costResult),
});
