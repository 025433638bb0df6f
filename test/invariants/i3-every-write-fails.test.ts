/** I3: every write of a request, in turn, fails or has its answer lost, and the function dies at once, later, or not at all. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { StoredAttempt } from '../../shared/usage/attempt.ts';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import { expectTrueBooks, spentBy } from './support/books.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

type Fault = {
  readonly write: number;
  /** Is it applied all the same? */
  readonly isApplied: boolean;
  /** From this write on nothing is heard of the function any more. */
  readonly deadFrom: number;
};

let fault: Fault | null = null;
let writes = 0;
const written = new Set(['UpdateCommand', 'PutCommand', 'DeleteCommand']);
const broken = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

const faulty = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: { constructor: { name: string }; input: { TableName?: string } }) => {
        const counts =
          written.has(command.constructor.name) && /-(usage|admission)$/.test(command.input.TableName ?? '');
        if (!fault || !counts) return target.send(command as never);
        writes += 1;
        if (writes === fault.write) {
          if (fault.isApplied) await target.send(command as never);
          throw broken();
        }
        if (writes >= fault.deadFrom) throw broken();
        return target.send(command as never);
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: faulty(db), onceDb: faulty(onceDb) }) });
afterEach(() => {
  fault = null;
});

/** Ten tokens of input at a dollar a million, and some of output at four. */
const [wholeMicroUsd, streamedMicroUsd] = [30, 18];
/** Of a call that nobody was asked for, though it had been let in. */
const heldInVain = (rows: readonly StoredAttempt[]): number =>
  spentBy(rows.filter((row) => row.state === 'settled' && row.settledBy === 'sweep'));

const never = Number.POSITIVE_INFINITY;
/** Counters and row before the call, row and counters after it; and a refusal takes a row back. */
const faults = [1, 2, 3, 4].flatMap((write) =>
  [true, false].flatMap((isApplied) =>
    [write + 1, write + 2, never].map((deadFrom) => ({ write, isApplied, deadFrom })),
  ),
);

describe.each([
  ['whole', false],
  ['streamed', true],
])('%s', (_, stream) => {
  test.each(faults)('write $write, applied: $isApplied, dead from $deadFrom', async (planned) => {
    const { gateway, provider, database } = on();
    const { projectId, client } = await gateway.tenant();
    await holdTo(database, projectId, {
      limits: { requestsPerMinute: 600, tokensPerMinute: 600_000 },
      spendLimitMicroUsd: 1_000_000,
      concurrentStreams: 5,
    });
    await client.models.list();
    await gateway.idle();
    provider.asked.length = 0;
    writes = 0;
    fault = planned;
    const answered = await ask(client, stream).then(
      () => true,
      () => false,
    );
    await gateway.idle();
    fault = null;

    // A settlement that fails is nothing to the caller (I12).
    const seen = provider.asked.length;
    expect(answered).toBe(seen === 1);
    if (planned.write > 2) expect(answered).toBe(true);

    // A row that a refused call has left is closed once the project is awake.
    await client.chat.completions.create(question);
    await gateway.idle();

    const { nowMs } = gateway.clock;
    const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
    await house.sweepAt(muchLater(nowMs));
    const rows = await expectTrueBooks(house, projectId, nowMs);
    const abandoned = rows.find((row) => row.state === 'settled' && row.settledBy === 'sweep');
    expect(rows.length).toBeLessThanOrEqual(2);
    if (!answered) expect(spentBy(rows)).toBe(wholeMicroUsd + heldInVain(rows));
    else {
      expect(rows).toHaveLength(2);
      // What it took, or all that was held for it.
      const took = stream ? streamedMicroUsd : wholeMicroUsd;
      expect([took, abandoned?.hold?.microUsd]).toContain(spentBy(rows) - wholeMicroUsd);
    }
    // Nothing more changes when it is swept again.
    await house.sweepAt(muchLater(nowMs) + 60_000);
    expect(await expectTrueBooks(house, projectId, nowMs)).toEqual(rows);
  });
});

async function ask(client: ReturnType<typeof on>['tenant']['client'], stream: boolean): Promise<void> {
  if (!stream) return void (await client.chat.completions.create(question));
  for await (const _ of await client.chat.completions.create({ ...question, stream: true })) void _;
}
