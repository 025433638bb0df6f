/** I12: the ledger is down when a call that has failed is to be asked again. What it holds is given back at once (I3). */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { oneProvider } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import { refusal } from '../support/scripted-provider.ts';
import { type Command, ofTable } from '../support/watched.ts';
import { expectTrueBooks } from './support/books.ts';
import { clientsOf, houseOf } from './support/house.ts';

type Fault = { readonly write: number; readonly isApplied: boolean };

let fault: Fault | null = null;
let writes = 0;
const broken = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

const faulty = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: Command) => {
        if (!fault || !ofTable('usage', command)) return target.send(command as never);
        writes += 1;
        if (writes !== fault.write) return target.send(command as never);
        if (fault.isApplied) await target.send(command as never);
        throw broken();
      };
    },
  });

const on = scene({ override: ({ db }) => ({ db: faulty(db) }) }, (baseURL) => ({
  ...oneProvider(baseURL),
  resilience: { attempts: 2, retry: { budgetReserve: 1_000 }, circuit: { failures: 1_000_000 } },
}));
afterEach(() => {
  fault = null;
});

/** The first row, its settlement, and the second row. */
const betweenAttempts = [2, 3].flatMap((write) => [true, false].map((isApplied) => ({ write, isApplied })));

describe.each([
  ['whole', false],
  ['streamed', true],
])('%s', (_, stream) => {
  test.each(betweenAttempts)('write $write of the ledger fails, applied: $isApplied', async (planned) => {
    const { gateway, provider, database } = on();
    const { projectId, client } = await gateway.tenant();
    await holdTo(database, projectId, {
      limits: { requestsPerMinute: 600, tokensPerMinute: 600_000 },
      spendLimitMicroUsd: 1_000_000,
      concurrentStreams: 1,
    });
    await client.models.list();
    provider.script = refusal(500, { message: 'x' });
    writes = 0;
    fault = planned;
    await expect(client.chat.completions.create({ ...question, stream })).rejects.toMatchObject({
      status: 503,
      code: 'overloaded',
    });
    await gateway.idle();
    expect(provider.asked).toHaveLength(1);

    const { nowMs } = gateway.clock;
    const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
    const rows = await expectTrueBooks(house, projectId, nowMs);
    expect(rows).toMatchObject([{ state: 'settled', outcome: 'failed', costMicroUsd: 0 }]);
  });
});
