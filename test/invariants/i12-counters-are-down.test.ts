/** I12 for the table `admission`: before a call nobody is let in, after it nobody notices. */
import { counterId } from '../../shared/admission/counters.ts';
import { question, scene } from '../support/scene.ts';
import { type Command, ofTable, watched } from '../support/watched.ts';
import { expectTrueBooks, spentBy } from './support/books.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

let down: (command: Command, isOnce: boolean) => boolean = () => false;
const failing = (isOnce: boolean) => (command: Command) => {
  if (down(command, isOnce))
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' });
};
const on = scene({
  override: ({ db, onceDb }) => ({ db: watched(db, failing(false)), onceDb: watched(onceDb, failing(true)) }),
});
afterEach(() => {
  down = () => false;
});

const house = () => {
  const { database, gateway } = on();
  return houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => gateway.clock.nowMs });
};

test.each([false, true])(
  'down before the call: a 503, no provider is asked, and no row stays (streamed: %s)',
  async (stream) => {
    const { gateway, provider, ledger } = on();
    const { client, projectId } = await gateway.tenant();
    await client.models.list();
    down = (command) => ofTable('admission', command);
    await expect(client.chat.completions.create({ ...question, stream })).rejects.toMatchObject({
      status: 503,
      code: 'overloaded',
    });
    expect(provider.asked).toEqual([]);
    expect(await ledger(projectId)).toEqual([]);
  },
);

test('down at the settlement: the caller has the answer, somebody is told, and the sweep sets it right', async () => {
  const { gateway, ledger } = on();
  const { client, projectId } = await gateway.tenant();
  down = (command, isOnce) => isOnce && ofTable('admission', command);
  const { choices } = await client.chat.completions.create(question);
  expect(choices).toHaveLength(1);
  expect(await ledger(projectId)).toMatchObject([{ state: 'settled', costMicroUsd: 30 }]);
  expect(gateway.logs).toContainEqual(expect.objectContaining({ level: 'error', message: 'counters not settled' }));
  down = () => false;
  expect((await house().store.get(counterId(projectId, 0)))['R2611']).toBeGreaterThan(30);
  await house().sweepAt(muchLater(gateway.clock.nowMs));
  expect(spentBy(await expectTrueBooks(house(), projectId, gateway.clock.nowMs))).toBe(30);
});

test('the ledger is down before the call: what the counters had let in is given back at once', async () => {
  const { gateway, provider } = on();
  const { client, projectId } = await gateway.tenant();
  down = (command) => ofTable('usage', command);
  await expect(client.chat.completions.create(question)).rejects.toMatchObject({ status: 503 });
  down = () => false;
  expect(provider.asked).toEqual([]);
  expect(await house().store.get(counterId(projectId, 0))).toMatchObject({ M2611: 0, R2611: 0, n: 1 });
});
