/** I12: the ledger is down when a call that has failed is to be asked again. What it holds is given back at once (I3). */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { opened, untouched } from '../../shared/circuits/circuit.ts';
import { targetCircuit } from '../../shared/circuits/circuit-name.ts';
import { dynamoCircuitStore } from '../../shared/circuits/circuit-store.ts';
import { usual as settings } from '../shared/circuits/instances.ts';
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
  models: { 'test-model': { targets: ['scripted/a', 'scripted/b'], price: { input: 1, output: 4 } } },
  resilience: { attempts: 2, retry: { budgetReserve: 1_000 }, circuit: { failures: 1_000_000 } },
}));
afterEach(() => {
  fault = null;
});

/** The first row, its settlement, and the second row. */
const betweenAttempts = [2, 3].flatMap((write) => [true, false].map((isApplied) => ({ write, isApplied })));

/** A project with limits of every kind, whose next call meets the fault. */
async function planning(planned: Fault) {
  const { gateway, database, provider } = on();
  // Another's call, so that the instance has looked at the circuits.
  await on().tenant.client.chat.completions.create(question);
  await gateway.idle();
  provider.asked.length = 0;
  const tenant = await gateway.tenant();
  await holdTo(database, tenant.projectId, {
    limits: { requestsPerMinute: 600, tokensPerMinute: 600_000 },
    spendLimitMicroUsd: 1_000_000,
    concurrentStreams: 1,
  });
  await tenant.client.models.list();
  writes = 0;
  fault = planned;
  return tenant;
}

/** Without a sweep. */
async function trueBooks(projectId: string) {
  const { gateway, database } = on();
  await gateway.idle();
  const { nowMs } = gateway.clock;
  const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
  return expectTrueBooks(house, projectId, nowMs);
}

const unavailable = { status: 503, code: 'overloaded' };

describe.each([
  ['whole', false],
  ['streamed', true],
])('%s', (_, stream) => {
  test.each(betweenAttempts)('write $write of the ledger fails, applied: $isApplied', async (planned) => {
    const { provider } = on();
    const { client, projectId } = await planning(planned);
    provider.script = refusal(500, { message: 'x' });
    await expect(client.chat.completions.create({ ...question, stream })).rejects.toMatchObject(unavailable);
    expect(provider.asked).toHaveLength(1);
    expect(await trueBooks(projectId)).toMatchObject([{ state: 'settled', outcome: 'failed', costMicroUsd: 0 }]);
  });

  test.each([true, false])('the row of who goes elsewhere than was thought, applied: %s', async (isApplied) => {
    const { gateway, provider, database } = on();
    const { client, projectId } = await planning({ write: 2, isApplied });
    const { clock, live } = gateway;
    // The look that shows it comes back after the call has been let in for the first target.
    clock.nowMs += 2_000;
    const open = opened(untouched, 'upstream_error', 5, clock.nowMs, settings);
    const circuits = dynamoCircuitStore(live.db, live.onceDb, database.names.circuits);
    await circuits.replace(targetCircuit({ provider: 'scripted', model: 'a' }), 0, open, clock.nowMs);
    await expect(client.chat.completions.create({ ...question, stream })).rejects.toMatchObject(unavailable);
    expect(provider.asked).toEqual([]);
    expect(await trueBooks(projectId)).toMatchObject([{ state: 'settled', outcome: 'unasked', costMicroUsd: 0 }]);
  });
});
