/** What the usage endpoints are asked, and how they find the answer. */
import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import { booleanText, wholeNumber } from '../http/page.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { StoredAttempt, UsageKind } from './attempt.ts';
import { type Bucket, bucketsBetween, groupFields, resultObject, Tally } from './buckets.ts';
import type { UsageStore } from './usage-store.ts';

const list = <Item extends string>(item: z.ZodMiniType<Item, string>) =>
  z.pipe(
    z.union([z.array(z.string()), z.string()]),
    z.pipe(
      z.transform((given: string | string[]) => (typeof given === 'string' ? [given] : given)),
      z.array(item).check(z.maxLength(100)),
    ),
  );
/** Longer than any name there is, and shorter than a key of the table may be. */
const ids = z.optional(list(z.string().check(z.maxLength(256))));
const unixSeconds = wholeNumber(0, 99_999_999_999);

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
  group_by: z.optional(list(z.enum(groupFields.completions))),
});
export const otherUsageSchema = z.strictObject({
  ...common,
  group_by: z.optional(list(z.enum(groupFields.embeddings))),
});
export type UsageQuery = z.infer<typeof completionsUsageSchema>;

/** The cursor is where the next bucket starts. */
const cursor = {
  write: (start: number): string => `page_${start.toString(36)}`,
  read: (page: string): number => {
    const start = /^page_[0-9a-z]{1,10}$/.test(page) ? Number.parseInt(page.slice(5), 36) : Number.NaN;
    if (Number.isSafeInteger(start)) return start;
    throw new GatewayError('invalid_request', { message: "Give the previous answer's next_page.", param: 'page' });
  },
};

type UsageDeps = { readonly usage: UsageStore; readonly projects: ProjectStore; readonly now: () => number };

const parallelProjects = 8;

export async function usagePage({ usage, projects, now }: UsageDeps, kind: UsageKind, query: UsageQuery) {
  const { usual, most } = bucketLimits[query.bucket_width];
  const limit = query.limit ?? usual;
  if (limit > most) {
    throw new GatewayError('invalid_request', {
      message: `With bucket_width ${query.bucket_width}, the limit is at most ${most}.`,
      param: 'limit',
    });
  }
  const nowMs = now();
  const end = query.end_time ?? Math.ceil(nowMs / 1000);
  if (end <= query.start_time) {
    throw new GatewayError('invalid_request', { message: 'end_time must be after start_time.', param: 'end_time' });
  }
  const start = query.page === undefined ? query.start_time : Math.max(query.start_time, cursor.read(query.page));
  const buckets = bucketsBetween(start, end, query.bucket_width, limit);
  const tallies = buckets.map(() => new Tally(query.group_by ?? []));
  const [first, last] = [buckets.at(0), buckets.at(-1)];

  if (first && last) {
    const wanted = query.project_ids ?? (await allProjectIds(projects));
    const queue = [...new Set(wanted)];
    const worker = async () => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        for await (const row of usage.between(id, first.start * 1000, last.end * 1000)) {
          if (matches(row, kind, query)) tallies[indexOf(buckets, row.startedAtMs)]?.add(row, nowMs);
        }
      }
    };
    await Promise.all(Array.from({ length: parallelProjects }, worker));
  }

  const hasMore = last !== undefined && last.end < end;
  return {
    object: 'page',
    data: buckets.map((bucket, index) => ({
      object: 'bucket',
      start_time: bucket.start,
      end_time: bucket.end,
      results: (tallies[index]?.results() ?? []).map((grouped) => resultObject(kind, grouped)),
    })),
    has_more: hasMore,
    next_page: hasMore ? cursor.write(last.end) : null,
  };
}

/** By bisection: a day has 1,440 buckets of a minute, and any number of rows. */
function indexOf(buckets: readonly Bucket[], atMs: number): number {
  let low = 0;
  let high = buckets.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (atMs < (buckets[middle]?.end ?? 0) * 1000) high = middle;
    else low = middle + 1;
  }
  return low;
}

const allows = (wanted: readonly string[] | undefined, value: string): boolean =>
  wanted === undefined || wanted.includes(value);

const matches = (row: StoredAttempt, kind: UsageKind, { user_ids, api_key_ids, models, batch }: UsageQuery): boolean =>
  row.kind === kind &&
  allows(user_ids, row.serviceAccountId) &&
  allows(api_key_ids, row.apiKeyId) &&
  allows(models, row.model) &&
  batch !== true;

/** Archived ones too: what they used is still true. */
async function allProjectIds(projects: ProjectStore): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const { items, hasMore } = await projects.list({ after, limit: 1_000 }, true);
    ids.push(...items.map(({ id }) => id));
    after = hasMore ? items.at(-1)?.id : undefined;
  } while (after !== undefined);
  return ids;
}
