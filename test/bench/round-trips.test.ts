/** Which calls of DynamoDB waited for one another, as the benchmark tells it. */
import { provider, roundsBefore, roundsOf } from '../../bench/round-trips.ts';

type Call = readonly [name: string, startedAtMs: number, endedAtMs: number];

const trips = (...calls: readonly Call[]) => ({
  when: 'now',
  circumstance: 'plain' as const,
  steps: calls.map(([name, startedAtMs, endedAtMs]) => ({
    name,
    startedAtMs,
    endedAtMs,
    readUnits: 0,
    writeUnits: 0,
  })),
});
const names = (rounds: ReturnType<typeof roundsOf>) => rounds.map((round) => round.map(({ name }) => name));

test('calls that were on their way together are one round trip, and a call of the provider stands by itself', () => {
  const request = trips(
    ['Query', 0, 25],
    ['UpdateItem', 1, 27],
    ['PutItem', 2, 26],
    [provider, 28, 28],
    ['PutItem', 30, 55],
    ['UpdateItem', 56, 80],
  );
  expect(names(roundsOf(request))).toEqual([
    ['Query', 'UpdateItem', 'PutItem'],
    [provider],
    ['PutItem'],
    ['UpdateItem'],
  ]);
  expect(names(roundsBefore(request))).toEqual([['Query', 'UpdateItem', 'PutItem']]);
});

test('who began when another had its answer may have waited for it', () => {
  expect(names(roundsOf(trips(['GetItem', 0, 25], ['UpdateItem', 1, 40], ['PutItem', 26, 50])))).toEqual([
    ['GetItem', 'UpdateItem'],
    ['PutItem'],
  ]);
});

test('where no provider is asked, nothing comes before it', () => {
  expect(roundsBefore(trips(['GetItem', 0, 25], ['PutItem', 26, 50]))).toEqual([]);
});
