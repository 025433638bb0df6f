/** A page of buckets of time over the ledger: what the usage and the costs endpoints have in common. */
import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import { textList, wholeNumber } from '../http/page.ts';
import { allProjects } from '../projects/every-project.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { StoredAttempt } from './attempt.ts';
import { type Bucket, type BucketWidth, bucketsBetween } from './buckets.ts';
import type { UsageStore } from './usage-store.ts';

/** Longer than any name there is, and shorter than a key of the table may be. */
export const ids = z.optional(textList(z.string().check(z.maxLength(256))));
export const unixSeconds = wholeNumber(0, 99_999_999_999);

/** Where nothing is said, everything. */
export const allows = (wanted: readonly string[] | undefined, value: string): boolean =>
  wanted === undefined || wanted.includes(value);

/** The cursor is where the next bucket starts. */
const cursor = {
  write: (start: number): string => `page_${start.toString(36)}`,
  read: (page: string): number => {
    const start = /^page_[0-9a-z]{1,10}$/.test(page) ? Number.parseInt(page.slice(5), 36) : Number.NaN;
    if (Number.isSafeInteger(start)) return start;
    throw new GatewayError('invalid_request', { message: "Give the previous answer's next_page.", param: 'page' });
  },
};

export type BucketPageDeps = {
  readonly usage: Pick<UsageStore, 'between'>;
  readonly projects: Pick<ProjectStore, 'list'>;
  readonly now: () => number;
};

/** Unix seconds. */
export type BucketSpan = {
  readonly start_time: number;
  readonly end_time?: number | undefined;
  readonly bucket_width: BucketWidth;
  readonly limit: number;
  readonly page?: string | undefined;
  readonly project_ids?: readonly string[] | undefined;
};

/** What becomes of the rows of a bucket. */
export type BucketSums<Sums, Result> = {
  readonly fresh: () => Sums;
  readonly add: (sums: Sums, row: StoredAttempt) => void;
  readonly results: (sums: Sums) => readonly Result[];
};

const parallelProjects = 8;

export async function bucketPage<Sums, Result>(
  { usage, projects, now }: BucketPageDeps,
  span: BucketSpan,
  { fresh, add, results }: BucketSums<Sums, Result>,
) {
  const end = span.end_time ?? Math.ceil(now() / 1000);
  if (end <= span.start_time) {
    throw new GatewayError('invalid_request', { message: 'end_time must be after start_time.', param: 'end_time' });
  }
  const start = span.page === undefined ? span.start_time : Math.max(span.start_time, cursor.read(span.page));
  const buckets = bucketsBetween(start, end, span.bucket_width, span.limit);
  const sums = buckets.map(fresh);
  const [first, last] = [buckets.at(0), buckets.at(-1)];

  if (first && last) {
    const wanted = span.project_ids ?? (await allProjects(projects)).map(({ id }) => id);
    const queue = [...new Set(wanted)];
    const worker = async () => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        for await (const row of usage.between(id, first.start * 1000, last.end * 1000)) {
          const bucket = sums[indexOf(buckets, row.startedAtMs)];
          if (bucket) add(bucket, row);
        }
      }
    };
    await Promise.all(Array.from({ length: parallelProjects }, worker));
  }

  const hasMore = last !== undefined && last.end < end;
  return {
    object: 'page',
    data: buckets.map((bucket, index) => {
      const found = sums[index];
      return {
        object: 'bucket',
        start_time: bucket.start,
        end_time: bucket.end,
        results: found === undefined ? [] : results(found),
      };
    }),
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
