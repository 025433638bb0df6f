/** Usage over time: buckets, their bounds and their pages. */
import type { UsageCompletionsParams } from 'openai/resources/admin/organization/usage';
import {
  type CompletionsResult,
  type Keyholder,
  keyholders,
  midnight,
  resultsOf,
  type Used,
  usageScene,
  use,
} from '../support/usage-scene.ts';

const here = usageScene();
const usage = () => here().gateway.admin().admin.organization.usage;

const [minute, hour, day] = [60, 3_600, 86_400];
const widths = [
  { bucket_width: '1m', seconds: minute, usual: 60, most: 1_440 },
  { bucket_width: '1h', seconds: hour, usual: 24, most: 168 },
  { bucket_width: '1d', seconds: day, usual: 7, most: 31 },
] as const;

let holder: Keyholder;
/** On both sides of every kind of bound, to the millisecond. */
const times = [
  ...[-0.001, 0, 0.001, minute - 0.001, minute, hour - 0.001, hour, hour + minute, 5 * hour + 17],
  ...[day - 0.001, day, day + hour, 2 * day - 0.001, 3 * day],
].map((offset) => midnight + offset);
const used: Used[] = [];

beforeAll(async () => {
  [holder] = (await keyholders(here())) as [Keyholder, ...Keyholder[]];
  for (const [index, at] of times.entries()) used.push(await use(here(), holder, at, [2 ** index, 1]));
  here().gateway.clock.nowMs = (midnight + 10 * day) * 1000;
});

const ask = (query: UsageCompletionsParams) => usage().completions({ project_ids: [holder.project_id], ...query });
const inputOf = (result: CompletionsResult | undefined) => result?.input_tokens ?? 0;
const usedIn = (from: number, to: number) =>
  used.filter(({ at }) => at >= from && at < to).reduce((sum, { input }) => sum + input, 0);

test.each(widths)(
  'buckets of $bucket_width hold what began in them, the start included and the end not',
  async (width) => {
    const { bucket_width, seconds, most } = width;
    const span = { start_time: midnight - seconds, end_time: midnight - seconds + Math.min(most * seconds, 5 * day) };
    const { data, has_more, next_page } = await ask({ ...span, bucket_width, limit: most });
    expect({ has_more, next_page }).toEqual({ has_more: false, next_page: null });
    expect(data).toHaveLength((span.end_time - span.start_time) / seconds);
    for (const [index, bucket] of data.entries()) {
      expect(bucket).toMatchObject({
        object: 'bucket',
        start_time: span.start_time + index * seconds,
        end_time: span.start_time + (index + 1) * seconds,
      });
      expect(inputOf(resultsOf({ data: [bucket] })[0])).toBe(usedIn(bucket.start_time, bucket.end_time));
    }
    expect(data.filter(({ results }) => results.length === 0).length).toBeGreaterThan(0);
  },
);

test.each([
  [midnight, midnight + 1],
  [midnight - 1, midnight],
  [midnight + 1, midnight + minute],
  [midnight + 59, midnight + hour],
  [midnight + 30, midnight + day + 30],
  [midnight + 2 * day, midnight + 3 * day],
  [midnight + 2 * day, midnight + 3 * day + 1],
])('from %i to %i, in the midst of buckets, it counts that span and no more', async (start_time, end_time) => {
  for (const { bucket_width, most } of widths) {
    const { data, has_more } = await ask({ start_time, end_time, bucket_width, limit: most });
    if (has_more) continue;
    expect(data.at(0)?.start_time).toBe(start_time);
    expect(data.at(-1)?.end_time).toBe(end_time);
    const total = resultsOf({ data }).reduce((sum, result) => sum + inputOf(result), 0);
    expect(total).toBe(usedIn(start_time, end_time));
  }
});

test.each(widths)('of $bucket_width there are $usual where nothing is said, and $most at most', async (width) => {
  const { bucket_width, seconds, usual, most } = width;
  const span = { start_time: midnight, end_time: midnight + (most + 1) * seconds, bucket_width };
  expect((await ask(span)).data).toHaveLength(usual);
  expect((await ask({ ...span, limit: most })).data).toHaveLength(most);
  await expect(ask({ ...span, limit: most + 1 })).rejects.toMatchObject({ status: 400, param: 'limit' });
});

test('a day is the width where nothing is said', async () => {
  const span = { start_time: midnight, end_time: midnight + 3 * day };
  expect(await ask(span)).toEqual(await ask({ ...span, bucket_width: '1d' }));
});

test('without an end it goes up to now', async () => {
  const { data } = await ask({ start_time: midnight, limit: 31 });
  expect(data.at(-1)?.end_time).toBe(midnight + 10 * day);
});

test.each([
  ['1d', midnight, midnight + 5 * day, 2],
  ['1d', midnight, midnight + 4 * day, 2],
  ['1d', midnight + 17, midnight + 4 * day + 5, 1],
  ['1h', midnight - hour, midnight + day + 5, 7],
  ['1m', midnight - minute, midnight + 2 * hour, 50],
] as const)(
  'walking by %s from %i to %i in pages of some is one big query',
  async (bucket_width, start_time, end_time, limit) => {
    const span = { start_time, end_time, bucket_width, group_by: ['model' as const] };
    const whole = await ask({ ...span, limit: widths.find((width) => width.bucket_width === bucket_width)?.most ?? 1 });
    expect(whole.has_more).toBe(false);
    const pieces = [];
    let page = await ask({ ...span, limit });
    pieces.push(...page.data);
    while (page.has_more) {
      expect(page.data).toHaveLength(limit);
      page = await ask({ ...span, limit, page: page.next_page ?? '' });
      pieces.push(...page.data);
    }
    expect(page.next_page).toBeNull();
    expect(pieces).toEqual(whole.data);
  },
);

test.each([
  [{}, 'start_time'],
  [{ start_time: -1 }, 'start_time'],
  [{ start_time: 1.5 }, 'start_time'],
  [{ start_time: 'yesterday' }, 'start_time'],
  [{ start_time: midnight, end_time: midnight }, 'end_time'],
  [{ start_time: midnight, end_time: midnight - 1 }, 'end_time'],
  [{ start_time: midnight, bucket_width: '1w' }, 'bucket_width'],
  [{ start_time: midnight, limit: 0 }, 'limit'],
  [{ start_time: midnight, page: 'tomorrow' }, 'page'],
  [{ start_time: midnight, until: 5 }, 'until'],
])('%j is refused, %s named', async (query, param) => {
  for (const kind of ['completions', 'embeddings', 'moderations'] as const) {
    const refused = usage()[kind](query as never);
    await expect(refused).rejects.toMatchObject({ status: 400, param, type: 'invalid_request_error' });
  }
});
