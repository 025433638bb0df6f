/** Circuits by the control plane: what is shown of them, and how an administrator closes one. */
import { NotFoundError } from 'openai';
import { closed } from '../../shared/circuits/circuit.ts';
import { circuitId } from '../../shared/circuits/circuit-name.ts';
import { dynamoCircuitStore } from '../../shared/circuits/circuit-store.ts';
import { resetCircuit } from '../../shared/circuits/reset-circuit.ts';
import {
  asks,
  fail,
  type Instance,
  instance,
  letIn,
  outage,
  rateLimit,
  refusedCredential,
} from '../shared/circuits/instances.ts';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const headers = { Authorization: `Bearer ${adminKey}` };
const path = '/organization/circuits';

type Shown = Readonly<Record<string, unknown>> & { readonly id: string };
type List = { readonly object: string; readonly data: readonly Shown[]; readonly has_more: boolean };

const list = (query: Record<string, string | number> = {}): Promise<List> =>
  here().gateway.admin().get(path, { query, headers });
const shown = async (name: string) => (await list({ limit: 100 })).data.find(({ id }) => id === circuitId(name));
const reset = (id: string): Promise<Shown> => here().gateway.admin().post(`${path}/${id}/reset`, { headers });

const start = (): Instance => {
  const { database, gateway } = here();
  return instance({ db: database.db, tableName: database.names.circuits, clock: gateway.clock });
};
const seconds = () => Math.floor(here().gateway.clock.nowMs / 1000);

describe('listing circuits', () => {
  test('shows what is configured as closed, while nothing is wrong', async () => {
    const { object, data } = await list();
    expect(object).toBe('list');
    expect(data).toContainEqual({
      object: 'organization.circuit',
      id: circuitId('scripted/upstream-model'),
      provider: 'scripted',
      model: 'upstream-model',
      state: 'closed',
      failures: 0,
      reason: null,
      opened_at: null,
      retry_at: null,
    });
  });

  test('shows failures that are counted, for as long as they count', async () => {
    const target = { provider: 'counting', model: 'm' };
    await fail(start(), target, 3);
    expect(await shown('counting/m')).toMatchObject({ state: 'closed', failures: 3, reason: null });
    here().gateway.clock.nowMs += 60_000;
    expect(await shown('counting/m')).toMatchObject({ state: 'closed', failures: 0 });
  });

  test('shows what is open, why and until when; and then that one call tries', async () => {
    const target = { provider: 'open', model: 'a/b' };
    const on = start();
    await fail(on, target, 5, outage('upstream_idle_timeout'));
    const open = {
      provider: 'open',
      model: 'a/b',
      failures: 5,
      reason: 'upstream_idle_timeout',
      opened_at: seconds(),
    };
    expect(await shown('open/a/b')).toMatchObject({ ...open, state: 'open', retry_at: seconds() + 60 });
    here().gateway.clock.nowMs += 60_000;
    await letIn(on, target);
    expect(await shown('open/a/b')).toMatchObject({ ...open, state: 'half_open', retry_at: seconds() + 30 });
  });

  test('shows what is rate limited, until it is not', async () => {
    await fail(start(), { provider: 'limited', model: 'm' }, 1, rateLimit(10));
    expect(await shown('limited/m')).toMatchObject({ state: 'cooling', failures: 0, retry_at: seconds() + 10 });
    here().gateway.clock.nowMs += 10_000;
    expect(await shown('limited/m')).toMatchObject({ state: 'closed', retry_at: null });
  });

  test('shows a refused credential as the provider’s, without a model', async () => {
    await fail(start(), { provider: 'refusing', model: 'm' }, 1, refusedCredential(401));
    expect(await shown('refusing')).toMatchObject({
      provider: 'refusing',
      model: null,
      state: 'open',
      reason: 'upstream_auth',
    });
  });

  test('goes in pages', async () => {
    const all = (await list({ limit: 100 })).data.map(({ id }) => id);
    const first = await list({ limit: 1 });
    expect(first).toMatchObject({ data: [{ id: all[0] }], has_more: true });
    expect((await list({ after: all[0] ?? '', limit: 100 })).data.map(({ id }) => id)).toEqual(all.slice(1));
  });
});

describe('a reset', () => {
  test('lets the target be asked again by all instances, and whoever was under way changes nothing', async () => {
    const target = { provider: 'reset', model: 'm' };
    const on = start();
    const late = await Promise.all(Array.from({ length: 5 }, () => letIn(on, target)));
    const limited = await letIn(on, target);
    await fail(on, target, 5);
    here().gateway.clock.nowMs += 1_000;
    expect(await reset(circuitId('reset/m'))).toMatchObject({ state: 'closed', failures: 0, opened_at: null });
    expect(await asks(on, target)).toBe('goes');
    for (const pass of late) pass.failed(outage());
    limited.failed(rateLimit(100));
    await on.circuits.settled();
    expect(await asks(start(), target)).toBe('goes');
    expect(await shown('reset/m')).toMatchObject({ state: 'closed', failures: 0 });
  });

  test('of a probe under way: its answer changes nothing', async () => {
    const target = { provider: 'probing', model: 'm' };
    const on = start();
    await fail(on, target, 5);
    here().gateway.clock.nowMs += 60_000;
    const probe = await letIn(on, target);
    await reset(circuitId('probing/m'));
    probe.failed(outage());
    await on.circuits.settled();
    expect(await asks(on, target)).toBe('goes');
  });

  test('of what is well changes nothing', async () => {
    const id = circuitId('scripted/upstream-model');
    expect(await reset(id)).toMatchObject({ id, state: 'closed' });
    const { database } = here();
    const store = dynamoCircuitStore(database.db, database.db, database.names.circuits);
    expect((await store.all(true)).has('scripted/upstream-model')).toBe(false);
  });

  test.each(['circ_none', 'scripted', circuitId('nobody/knows')])('of %s, which there is not: 404', async (id) => {
    await expect(reset(id)).rejects.toThrow(NotFoundError);
  });

  test('that loses to others again and again is a conflict', async () => {
    const { database, gateway } = here();
    await fail(start(), { provider: 'contended', model: 'm' }, 5);
    const store = dynamoCircuitStore(database.db, database.db, database.names.circuits);
    const circuits: typeof store = {
      ...store,
      async replace(name, generation, next, nowMs) {
        await store.replace(name, generation, closed(generation + 1), nowMs);
        return store.replace(name, generation, next, nowMs);
      },
    };
    const work = resetCircuit({ circuits, configured: [], now: () => gateway.clock.nowMs }, circuitId('contended/m'));
    await expect(work).rejects.toMatchObject({ why: 'conflict' });
  });
});
