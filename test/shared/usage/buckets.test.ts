import fc from 'fast-check';
import type { StoredAttempt } from '../../../shared/usage/attempt.ts';
import { type BucketWidth, bucketSeconds, bucketsBetween, resultObject, Tally } from '../../../shared/usage/buckets.ts';
import { anyRow, attempt, settled } from './attempts.ts';

const day = Date.parse('2026-11-22T00:00:00Z') / 1000;
const nowMs = (day + 43_200) * 1000;

describe('buckets', () => {
  test.each<[string, number, number, BucketWidth, number, [number, number][]]>([
    [
      'end on multiples of their width',
      0,
      120,
      '1m',
      60,
      [
        [0, 60],
        [60, 120],
      ],
    ],
    [
      'begin where it was asked, and end where it was asked',
      30,
      100,
      '1m',
      60,
      [
        [30, 60],
        [60, 100],
      ],
    ],
    [
      'are days of UTC',
      day + 1,
      day + 86_401,
      '1d',
      7,
      [
        [day + 1, day + 86_400],
        [day + 86_400, day + 86_401],
      ],
    ],
    [
      'are as many as were asked for',
      0,
      36_000,
      '1h',
      2,
      [
        [0, 3_600],
        [3_600, 7_200],
      ],
    ],
    ['are one for a second', 59, 60, '1m', 60, [[59, 60]]],
    ['are none for no time', 60, 60, '1m', 60, []],
    ['are none backwards', 61, 60, '1m', 60, []],
  ])('%s', (_, start, end, width, limit, expected) => {
    expect(bucketsBetween(start, end, width, limit)).toEqual(expected.map(([from, to]) => ({ start: from, end: to })));
  });

  test('cover the span without gap or overlap, whatever it is', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 2_000_000 }), fc.integer({ min: 1, max: 500_000 }));
    fc.assert(
      fc.property(span, fc.constantFrom<BucketWidth>('1h', '1d'), ([start, length], width) => {
        const buckets = bucketsBetween(start, start + length, width, 10_000);
        expect(buckets.at(0)?.start).toBe(start);
        expect(buckets.at(-1)?.end).toBe(start + length);
        for (const [index, bucket] of buckets.entries()) {
          expect(bucket.end).toBeGreaterThan(bucket.start);
          expect(bucket.end - bucket.start).toBeLessThanOrEqual(bucketSeconds[width]);
          const next = buckets[index + 1];
          if (next) {
            expect(next.start).toBe(bucket.end);
            expect(bucket.end % bucketSeconds[width]).toBe(0);
          }
        }
      }),
    );
  });
});

describe('a tally', () => {
  const sumsOf = (row: StoredAttempt, atMs = nowMs) => {
    const tally = new Tally([]);
    tally.add(row, atMs);
    return tally.results();
  };

  test('takes a settled attempt for what it says', () => {
    expect(sumsOf({ ...attempt(), ...settled(), state: 'settled' })).toEqual([
      { group: {}, sums: { requests: 1, input: 100, cachedInput: 40, cacheWrite: 10, output: 20 } },
    ]);
  });

  test.each([
    ['still under way', 900_000, 0],
    ['interrupted', 900_001, 101],
  ])(
    'counts an open attempt as one request, and its input once no call can still be running: %s (I3)',
    (_, age, input) => {
      const row = attempt({ inputBytes: 401 });
      expect(sumsOf({ ...row, state: 'open' }, row.startedAtMs + age)).toEqual([
        { group: {}, sums: { requests: 1, input, cachedInput: 0, cacheWrite: 0, output: 0 } },
      ]);
    },
  );

  test('is the naive sum, however it is grouped', () => {
    const fields = fc.subarray(['project_id', 'user_id', 'api_key_id', 'model'] as const);
    const rowsOfADay = fc.array(anyRow(day * 1000, (day + 86_400) * 1000), { maxLength: 40 });
    fc.assert(
      fc.property(rowsOfADay, fields, (rows, by) => {
        const tally = new Tally(by);
        for (const row of rows) tally.add(row, nowMs);
        const results = tally.results();

        const groupedBy = (row: StoredAttempt) =>
          ({
            project_id: row.projectId,
            user_id: row.serviceAccountId,
            api_key_id: row.apiKeyId,
            model: row.model,
          }) as const;
        for (const { group, sums } of results) {
          const mine = rows.filter((row) => by.every((field) => groupedBy(row)[field] === group[field]));
          const sum = (of: (row: StoredAttempt) => number) => mine.reduce((total, row) => total + of(row), 0);
          expect(sums).toEqual({
            requests: mine.length,
            input: sum((row) =>
              row.state === 'settled'
                ? row.inputTokens
                : nowMs - row.startedAtMs > 900_000
                  ? Math.ceil(row.inputBytes / 4)
                  : 0,
            ),
            cachedInput: sum((row) => (row.state === 'settled' ? row.cachedInputTokens : 0)),
            cacheWrite: sum((row) => (row.state === 'settled' ? row.cacheWriteTokens : 0)),
            output: sum((row) => (row.state === 'settled' ? row.outputTokens : 0)),
          });
        }
        expect(results.reduce((total, { sums }) => total + sums.requests, 0)).toBe(rows.length);
        expect(new Set(results.map(({ group }) => JSON.stringify(group))).size).toBe(results.length);
      }),
      { numRuns: 60 },
    );
  });

  test('has its groups in the same order, whatever the order of the rows', () => {
    const rows = ['b', 'a', 'c'].map((model): StoredAttempt => ({ ...attempt({ model }), state: 'open' }));
    const order = (given: StoredAttempt[]) => {
      const tally = new Tally(['model']);
      for (const row of given) tally.add(row, nowMs);
      return tally.results().map(({ group }) => group.model);
    };
    expect(order(rows)).toEqual(['a', 'b', 'c']);
    expect(order(rows.toReversed())).toEqual(['a', 'b', 'c']);
  });
});

describe('batches', () => {
  test('are groups of their own, and what does not say was live', () => {
    const tally = new Tally(['batch']);
    for (const changes of [{}, { batch: true }, { batch: true }] as const)
      tally.add({ ...attempt(changes), state: 'open' }, nowMs);
    expect(tally.results().map(({ group, sums }) => [group.batch, sums.requests])).toEqual([
      [false, 1],
      [true, 2],
    ]);
  });
});

describe('a result', () => {
  const grouped = {
    group: { model: 'gpt-4o' },
    sums: { requests: 2, input: 100, cachedInput: 40, cacheWrite: 10, output: 20 },
  };

  test('of completions has every field that the SDK declares, null where it was not grouped by', () => {
    expect(resultObject('completions', grouped)).toEqual({
      object: 'organization.usage.completions.result',
      input_tokens: 100,
      output_tokens: 20,
      input_cached_tokens: 40,
      input_cache_write_tokens: 10,
      input_uncached_tokens: 50,
      num_model_requests: 2,
      project_id: null,
      user_id: null,
      api_key_id: null,
      model: 'gpt-4o',
      batch: null,
      service_tier: null,
      api_source: null,
    });
  });

  test.each(['embeddings', 'moderations'] as const)('of %s has input alone', (kind) => {
    expect(resultObject(kind, grouped)).toEqual({
      object: `organization.usage.${kind}.result`,
      input_tokens: 100,
      num_model_requests: 2,
      project_id: null,
      user_id: null,
      api_key_id: null,
      model: 'gpt-4o',
    });
  });

  test('keeps a group of false apart from one that was not asked for', () => {
    expect(resultObject('completions', { ...grouped, group: { batch: false } })).toMatchObject({ batch: false });
  });
});
