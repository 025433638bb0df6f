/** I3: every write of a run of tools, in turn, fails or has its answer lost, and the function dies at once, later, or not at all. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { StoredAttempt } from '../../shared/usage/attempt.ts';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';
import { type Command, ofTable } from '../support/watched.ts';
import { expectTrueBooks } from './support/books.ts';
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
const tables = ['usage', 'admission', 'runs'];
const broken = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

const faulty = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: Command) => {
        const counts = written.has(command.constructor.name) && tables.some((table) => ofTable(table, command));
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

const tools = servedTools();
const on = scene({
  environment: loopbackTools,
  override: ({ db, onceDb }) => ({ db: faulty(db), onceDb: faulty(onceDb) }),
});
beforeAll(async () => {
  await registered(on().gateway, tools().url);
});
afterEach(() => {
  fault = null;
});

const asking = { ...question, tools: [{ type: 'function' as const, function: { name: 'sluice:get_weather' } }] };
/** Two questions take two writes before them and two after, and the run is begun and ended. */
const writesOfRun = 10;
const never = Number.POSITIVE_INFINITY;
const faults = Array.from({ length: writesOfRun }, (_, index) => index + 1).flatMap((write) =>
  [true, false].flatMap((isApplied) => [write + 1, never].map((deadFrom) => ({ write, isApplied, deadFrom }))),
);

const isPaidByGateway = (row: StoredAttempt): boolean =>
  row.state === 'settled' && row.settledBy === 'gateway' && row.costMicroUsd > 0;

describe.each([
  ['whole', false],
  ['streamed', true],
])('%s', (_, stream) => {
  const ask = async (client: ReturnType<typeof on>['tenant']['client']): Promise<void> => {
    if (!stream) return void (await client.chat.completions.create(asking));
    for await (const _ of await client.chat.completions.create({ ...asking, stream: true })) void _;
  };

  test('a run that nothing happens to makes as many writes as are made to fail', async () => {
    const { gateway, provider } = on();
    const { client } = await gateway.tenant();
    await client.models.list();
    await gateway.idle();
    provider.script = saying([weatherIn('Paris')], 'Sunny.');
    writes = 0;
    fault = { write: never, isApplied: true, deadFrom: never };
    await ask(client);
    await gateway.idle();
    expect(writes).toBe(writesOfRun);
  });

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
    provider.script = saying([weatherIn('Paris')], 'Sunny.');
    provider.asked.length = 0;
    writes = 0;
    fault = planned;
    const answered = await ask(client).then(
      () => true,
      () => false,
    );
    await gateway.idle();
    fault = null;
    const served = provider.asked.length;
    expect(answered).toBe(served === 2);
    expect(tools().called.length).toBe(Math.min(served, 1));

    // A row that a refused call has left is closed once the project is awake.
    const { request_id: another } = await client.chat.completions.create(question).withResponse();
    await gateway.idle();

    const { nowMs } = gateway.clock;
    const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
    await house.sweepAt(muchLater(nowMs));
    const rows = await expectTrueBooks(house, projectId, nowMs);
    const ofRun = rows.filter(({ requestId }) => requestId !== another);
    expect(rows).toHaveLength(ofRun.length + 1);
    // Those that were served, and at the most one that was let in for nothing.
    expect(ofRun.length).toBeGreaterThanOrEqual(served);
    expect(ofRun.length).toBeLessThanOrEqual(served + 1);
    expect(ofRun.filter(isPaidByGateway).length).toBeLessThanOrEqual(served);
    if (planned.deadFrom === never && answered) expect(ofRun).toHaveLength(2);
    // Nothing more changes when it is swept again.
    await house.sweepAt(muchLater(nowMs) + 60_000);
    expect(await expectTrueBooks(house, projectId, nowMs)).toEqual(rows);
  });
});
