/** The ledger and the counters at another price: together, once, whatever happens on the way. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { counterId } from '../../../shared/admission/counters.ts';
import { documentClient } from '../../../shared/dynamo/client.ts';
import { reratedPage } from '../../../shared/rerating/rerate.ts';
import { dynamoReratingStore, type ReratingStore } from '../../../shared/rerating/rerating-store.ts';
import { dynamoUsageStore } from '../../../shared/usage/usage-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { allPages, type Books, booksOf, requestOf, rerateDeps, right, start, sumOf, wrong } from './books.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const never = () => false;
const rows = (count: number, changes: object = {}) => Array.from({ length: count }, () => changes);
const wrongCost = 450_000;
const rightCost = 450;

/** All that was there before the tests is of other projects, so a test asks for its own. */
const rerate = ({ projectId }: Books, changes: Parameters<typeof requestOf>[0] = {}, deps = rerateDeps(database)) =>
  reratedPage(deps, requestOf({ project_id: projectId, ...changes }), never);

const amount = (microUsd: number) => ({ currency: 'usd', value: microUsd / 1_000_000, micro_usd: microUsd });

describe('a period rated anew', () => {
  test('has its rows at the price of today, with what they were first', async () => {
    const books = await booksOf(database, rows(1));
    await rerate(books);
    expect(await books.ledger()).toMatchObject([
      {
        price: right,
        priceVersion: 'v2',
        costMicroUsd: rightCost,
        ratedBefore: { priceVersion: 'v1', costMicroUsd: wrongCost },
        inputTokens: 100,
        outputTokens: 20,
        state: 'settled',
      },
    ]);
  });

  test('says what it came to, in micro-dollars and in dollars', async () => {
    const books = await booksOf(database, [...rows(3), { model: 'house' }, { model: 'gone' }]);
    expect(await rerate(books)).toEqual({
      object: 'organization.usage.rerating',
      dry_run: false,
      price_version: 'v2',
      rows: { seen: 5, rerated: 3, unchanged: 1, not_configured: 1, without_usage: 0, open: 0, changed_meanwhile: 0 },
      cost_before: amount(5 * wrongCost),
      cost_after: amount(3 * rightCost + 2 * wrongCost),
      difference: amount(3 * (rightCost - wrongCost)),
      has_more: false,
      next_page: null,
    });
  });

  test('moves the counters of the project, of the organization and of the key by as much', async () => {
    const books = await booksOf(database, [...rows(3), { keyMoney: true, apiKeyId: 'key_b' }]);
    await rerate(books);
    expect(await books.counters()).toEqual({
      M2611: 4 * rightCost,
      S2611: 1_000_000_000_000 - 4 * rightCost,
      'k.key_b.M2611': rightCost,
    });
  });

  test('moves the counters of each shard by what that has paid', async () => {
    const books = await booksOf(database, [...rows(2), ...rows(3, { shard: 1 })]);
    await rerate(books);
    expect((await books.counters(0))['M2611']).toBe(2 * rightCost);
    expect((await books.counters(1))['M2611']).toBe(3 * rightCost);
  });

  test('may become dearer', async () => {
    const books = await booksOf(database, rows(2, { price: { input: 0, output: 0 } }));
    expect((await rerate(books)).difference).toEqual(amount(2 * rightCost));
    expect((await books.counters())['M2611']).toBe(2 * rightCost);
  });

  test('does not change when it is rated a second time', async () => {
    const books = await booksOf(database, rows(3));
    await rerate(books);
    const [ledger, counters] = [await books.ledger(), await books.counters()];
    const again = await rerate(books);
    expect(again.rows).toMatchObject({ seen: 3, unchanged: 3, rerated: 0 });
    expect(again.difference).toEqual(amount(0));
    expect([await books.ledger(), await books.counters()]).toEqual([ledger, counters]);
  });

  test('keeps its first price through a second wrong one', async () => {
    const books = await booksOf(database, rows(1));
    const dearer = { input: 5_000_000, output: 20_000_000 };
    const { catalogue } = rerateDeps(database);
    const again = { ...catalogue, priceOf: () => dearer, priceVersion: 'v3' };
    await rerate(books);
    await rerate(books, {}, rerateDeps(database, { catalogue: again }));
    expect(await books.ledger()).toMatchObject([
      { priceVersion: 'v3', costMicroUsd: 900, ratedBefore: { priceVersion: 'v1', costMicroUsd: wrongCost } },
    ]);
    expect((await books.counters())['M2611']).toBe(900);
  });

  test('says the same of itself dry, and has changed nothing', async () => {
    const books = await booksOf(database, rows(3));
    const [ledger, counters] = [await books.ledger(), await books.counters()];
    const dry = await rerate(books, { dry_run: true });
    expect([await books.ledger(), await books.counters()]).toEqual([ledger, counters]);
    expect({ ...dry, dry_run: false }).toEqual(await rerate(books));
  });

  test('is only what was asked for: of that time, that project and that model', async () => {
    const [books, other] = [await booksOf(database, rows(4)), await booksOf(database, rows(1))];
    const from = start / 1000;
    expect((await rerate(books, { start_time: from + 1, end_time: from + 3 })).rows).toMatchObject({ rerated: 2 });
    expect((await rerate(books, { model: 'house' })).rows).toMatchObject({ seen: 0 });
    expect((await rerate(books, { model: 'gpt-4o' })).rows).toMatchObject({ rerated: 2, unchanged: 2 });
    expect((await other.ledger())[0]).toMatchObject({ priceVersion: 'v1' });
  });

  test('leaves alone what was paid by no counters that are still kept', async () => {
    const books = await booksOf(database, rows(2));
    const later = { now: () => Date.parse('2027-01-05T00:00:00Z') };
    const before = await books.counters();
    expect((await rerate(books, {}, rerateDeps(database, later))).rows).toMatchObject({ rerated: 2 });
    expect(await books.counters()).toEqual(before);
  });

  test('waits for the sweep, which would count the difference again', async () => {
    const books = await booksOf(database, rows(2));
    const mark = (UpdateExpression: string, values = {}) =>
      database.db.send(
        new UpdateCommand({
          TableName: database.names.admission,
          Key: { id: counterId(books.projectId, 0) },
          UpdateExpression,
          ExpressionAttributeNames: { '#mark': 'M2611@closed' },
          ...values,
        }),
      );
    await mark('SET #mark = :held', { ExpressionAttributeValues: { ':held': 7 } });
    await expect(rerate(books)).rejects.toMatchObject({ why: 'conflict' });
    expect(await books.spent()).toBe(2 * wrongCost);
    await mark('REMOVE #mark');
    expect((await rerate(books)).rows).toMatchObject({ rerated: 2 });
  });
});

describe('pages', () => {
  test.each([1, 2, 3, 7, 8, 100])('of %i rows see every row once', async (limit) => {
    const books = await booksOf(database, rows(7));
    const pages = await allPages(rerateDeps(database), { project_id: books.projectId, limit });
    expect(pages).toHaveLength(Math.ceil(7 / limit));
    expect(pages.map(({ has_more }) => has_more)).toEqual(pages.map((_, index) => index < pages.length - 1));
    expect(sumOf(pages, (page) => page.rows.seen)).toBe(7);
    expect(sumOf(pages, (page) => page.difference.micro_usd)).toBe(7 * (rightCost - wrongCost));
    expect((await books.counters())['M2611']).toBe(await books.spent());
  });

  test('go on over projects, rows of one millisecond and more than one transaction', async () => {
    const all = [
      await booksOf(database, rows(3, { startedAtMs: start + 5 })),
      await booksOf(database, []),
      await booksOf(database, rows(200)),
    ];
    const pages = await allPages(rerateDeps(database), { limit: 7 });
    expect(pages.at(-1)?.has_more).toBe(false);
    for (const books of all) expect((await books.counters())['M2611'] ?? 0).toBe(await books.spent());
    expect(await Promise.all(all.map((books) => books.spent()))).toEqual([3 * rightCost, 0, 200 * rightCost]);
  });

  test('end when the time is up, and go on where they ended', async () => {
    const books = await booksOf(database, rows(5));
    let steps = 0;
    const pages = await allPages(rerateDeps(database), { project_id: books.projectId }, () => steps++ % 3 === 2);
    expect(pages.length).toBeGreaterThan(2);
    expect(sumOf(pages, (page) => page.rows.seen)).toBe(5);
    expect(await books.spent()).toBe(5 * rightCost);
  });
});

describe('of rivals', () => {
  test('each row is rated by one, and their differences add up to what the counters moved by', async () => {
    const books = await booksOf(database, rows(250));
    const before = (await books.counters())['M2611'] as number;
    const answers = await Promise.all(Array.from({ length: 4 }, () => rerate(books)));
    const after = (await books.counters())['M2611'] as number;
    expect(after).toBe(await books.spent());
    expect(sumOf(answers, (page) => page.rows.rerated)).toBe(250);
    expect(sumOf(answers, (page) => page.difference.micro_usd)).toBe(after - before);
  });
});

/** The real store, whose nth write does not go as it should. */
function faulty(
  fault: (write: number, real: () => ReturnType<ReratingStore['write']>) => ReturnType<ReratingStore['write']>,
) {
  const real = rerateDeps(database).ratings;
  let writes = 0;
  return rerateDeps(database, {
    ratings: { write: (batch, adjustment) => fault(++writes, () => real.write(batch, adjustment)) },
  });
}

describe('a function that is killed', () => {
  test.each([1, 2, 3])('at write %i leaves ledger and counters equal, and the next run does the rest', async (nth) => {
    for (const applied of [false, true]) {
      const books = await booksOf(database, rows(250));
      const dying = faulty(async (write, real) => {
        if (write !== nth) return real();
        if (applied) await real();
        throw new Error('killed');
      });
      await rerate(books, {}, dying).catch(() => {});
      expect((await books.counters())['M2611']).toBe(await books.spent());
      await rerate(books);
      expect(await books.spent()).toBe(250 * rightCost);
      expect((await books.counters())['M2611']).toBe(250 * rightCost);
    }
  });
});

describe('a transaction', () => {
  const conflict = async () => ({ is: 'conflict' }) as const;

  test('that meets another one is tried again, after waits that rivals do not share', async () => {
    const books = await booksOf(database, rows(2));
    const waits: number[] = [];
    const deps = {
      ...faulty((write, real) => (write < 4 ? conflict() : real())),
      pause: async (ms: number) => {
        waits.push(ms);
      },
      pick: (count: number) => count / 2,
    };
    expect((await rerate(books, {}, deps)).rows).toMatchObject({ rerated: 2 });
    expect(waits).toEqual([20, 40, 80]);
  });

  test('that meets others for too long is given up, and nothing has changed', async () => {
    const books = await booksOf(database, rows(2));
    await expect(rerate(books, {}, faulty(conflict))).rejects.toMatchObject({ why: 'overloaded' });
    expect(await books.spent()).toBe(2 * wrongCost);
  });

  test('that fails after others were written is told of by the page, and the next one goes on', async () => {
    const books = await booksOf(database, rows(250));
    const first = await rerate(
      books,
      {},
      faulty((write, real) => (write === 2 ? Promise.reject(new Error()) : real())),
    );
    expect(first).toMatchObject({ has_more: true, rows: { rerated: 90 } });
    const rest = await allPages(rerateDeps(database), { project_id: books.projectId, page: first.next_page ?? '' });
    expect(sumOf([first, ...rest], (page) => page.difference.micro_usd)).toBe(250 * (rightCost - wrongCost));
    expect((await books.counters())['M2611']).toBe(250 * rightCost);
  });

  test('leaves out a row that was rated in between', async () => {
    const books = await booksOf(database, rows(3));
    const real = rerateDeps(database).ratings;
    let meddled = false;
    const meddling: ReratingStore = {
      async write(batch, adjustment) {
        if (!meddled) {
          meddled = true;
          await rerate(books, { end_time: start / 1000 + 1 });
        }
        return real.write(batch, adjustment);
      },
    };
    const answer = await rerate(books, {}, rerateDeps(database, { ratings: meddling }));
    expect(answer.rows).toMatchObject({ rerated: 2, changed_meanwhile: 1 });
    expect((await books.counters())['M2611']).toBe(3 * rightCost);
  });

  test('that DynamoDB cancels because of another is a conflict, and no fault', async () => {
    const books = await booksOf(database, rows(1));
    const reasons = [{ Code: 'None' }, { Code: 'TransactionConflict' }];
    const cancelled = new TransactionCanceledException({ message: 'no', $metadata: {}, CancellationReasons: reasons });
    const busy = { send: () => Promise.reject(cancelled) } as unknown as TestDatabase['db'];
    const [row] = await books.ledger();
    if (row?.state !== 'settled') throw new Error('not settled');
    const rerating = { row, price: right, priceVersion: 'v2', costMicroUsd: rightCost };
    const store = dynamoReratingStore(busy, { usage: 'usage', admission: 'admission' });
    expect(await store.write([rerating], null)).toEqual({ is: 'conflict' });
  });
});

describe('while a store is down it is refused (I12)', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const nowhere = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' });

  test('for reading', async () => {
    const deps = rerateDeps(database, { usage: dynamoUsageStore(nowhere, 'usage') });
    await expect(rerate(await booksOf(database, rows(1)), {}, deps)).rejects.toMatchObject({ why: 'overloaded' });
  });

  test('for writing', async () => {
    const ratings = dynamoReratingStore(nowhere, { usage: 'usage', admission: 'admission' });
    const books = await booksOf(database, rows(1, { price: wrong }));
    await expect(rerate(books, {}, rerateDeps(database, { ratings }))).rejects.toMatchObject({ why: 'overloaded' });
    expect(await books.spent()).toBe(wrongCost);
  });
});
