/** What instances find out together about a provider's model. */
import type { Pass } from '../../../shared/circuits/circuits.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import {
  asks,
  fail,
  type Instance,
  type InstanceOptions,
  instance,
  letIn,
  newTarget,
  outage,
  rateLimit,
  refusedCredential,
  succeed,
} from './instances.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const clock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
const later = (seconds: number): void => {
  clock.nowMs += seconds * 1000;
};
const start = (options: InstanceOptions = {}): Instance =>
  instance({ db: database.db, tableName: database.names.circuits, clock }, options);
const some = (count: number, options: InstanceOptions = {}): Instance[] =>
  Array.from({ length: count }, () => start(options));

describe('a circuit opens', () => {
  test('at the fifth failure of five instances, for all of them, and only one tells', async () => {
    const target = newTarget();
    const [a, b, c, d, e, watcher] = some(6) as [Instance, Instance, Instance, Instance, Instance, Instance];
    for (const one of [a, b, c, d]) await fail(one, target, 1);
    expect(await asks(watcher, target)).toBe('goes');
    await fail(e, target, 1);
    // Whose write it was knows at once; the others at their next look.
    expect(e.circuits.isOpen(target)).toBe(true);
    expect(watcher.circuits.isOpen(target)).toBe(false);
    later(1);
    expect(await asks(watcher, target)).toBe(59_000);
    expect(watcher.circuits.isOpen(target)).toBe(true);
    expect([a, b, c, d, e].flatMap(({ events }) => events)).toEqual(['CircuitOpened']);
    expect(e.logs).toContain('circuit opened');
  });

  test('for one model, and no other of the provider', async () => {
    const target = newTarget();
    const on = start();
    await fail(on, target, 5);
    expect(await asks(on, target)).toBe(60_000);
    expect(await asks(on, { ...target, model: 'another' })).toBe('goes');
  });

  test.each([
    'upstream_error',
    'upstream_timeout',
    'upstream_connect_timeout',
    'upstream_first_chunk_timeout',
    'upstream_idle_timeout',
  ] as const)('by %s', async (why) => {
    const target = newTarget();
    const on = start();
    await fail(on, target, 5, outage(why));
    expect(on.circuits.isOpen(target)).toBe(true);
  });

  test('never by calls that tell nothing, or that are the caller’s own fault', async () => {
    const target = newTarget();
    const on = start();
    for (let call = 0; call < 6; call++) (await letIn(on, target)).unknown();
    await fail(on, target, 6, outage('invalid_request'));
    expect(await asks(on, target)).toBe('goes');
  });

  test('not by failures that are further apart than a window', async () => {
    const target = newTarget();
    const on = start();
    await fail(on, target, 4);
    later(60);
    await fail(on, target, 4);
    expect(on.circuits.isOpen(target)).toBe(false);
    await fail(on, target, 1);
    expect(on.circuits.isOpen(target)).toBe(true);
  });

  test('not by five failures among many successes', async () => {
    const target = newTarget();
    const all = some(5);
    for (const one of all) {
      await succeed(one, target, 200);
      await fail(one, target, 1);
    }
    later(1);
    for (const one of all) expect(await asks(one, target)).toBe('goes');
  });

  test('soon, however long the good times before were', async () => {
    const target = newTarget();
    const on = start();
    await succeed(on, target, 1_000);
    await fail(on, target, 5);
    expect(on.circuits.isOpen(target)).toBe(true);
  });

  test('where at least half of the calls fail', async () => {
    const target = newTarget();
    const on = start();
    for (let failure = 0; failure < 5; failure++) {
      await succeed(on, target, 2);
      await fail(on, target, 1);
    }
    expect(on.circuits.isOpen(target)).toBe(false);
    const other = newTarget();
    for (let failure = 0; failure < 5; failure++) {
      await succeed(on, other, 1);
      await fail(on, other, 1);
    }
    expect(on.circuits.isOpen(other)).toBe(true);
  });

  test('by failures all at once, which go together in few writes', async () => {
    const target = newTarget();
    let writes = 0;
    const on = start({
      store: (store) => ({
        ...store,
        count: (...args) => {
          writes += 1;
          return store.count(...args);
        },
      }),
    });
    const passes = await Promise.all(Array.from({ length: 50 }, () => letIn(on, target)));
    for (const pass of passes) pass.failed(outage());
    await on.circuits.settled();
    expect(on.circuits.isOpen(target)).toBe(true);
    expect(writes).toBeLessThanOrEqual(1);
    expect(on.events).toEqual(['CircuitOpened']);
  });
});

describe('a provider that was left alone', () => {
  const opened = async () => {
    const target = newTarget();
    const [on, rival] = some(2) as [Instance, Instance];
    await fail(on, target, 5);
    await rival.circuits.refresh();
    later(60);
    return { target, on, rival };
  };

  test('is tried by one call of all instances, while others wait for its lease', async () => {
    const { target, on, rival } = await opened();
    expect(on.circuits.isOpen(target)).toBe(false);
    const leaves = await Promise.all([on, rival, on, rival].map(({ circuits }) => circuits.admit(target)));
    expect(leaves.filter(({ admitted }) => admitted)).toHaveLength(1);
    expect(leaves.filter((leave) => !leave.admitted && leave.retryAfterMs === 30_000)).toHaveLength(3);
  });

  test('serves everyone again once that call succeeds', async () => {
    const { target, on, rival } = await opened();
    (await letIn(on, target)).succeeded();
    await on.circuits.settled();
    expect(on.logs).toContain('circuit closed');
    expect(await asks(rival, target)).toBe('goes');
    expect(await Promise.all([on, rival, on].map((one) => asks(one, target)))).toEqual(['goes', 'goes', 'goes']);
    // From the beginning: it takes five again.
    await fail(on, target, 4);
    expect(on.circuits.isOpen(target)).toBe(false);
  });

  test('is left alone anew when that call fails, and that is told of again', async () => {
    const { target, on, rival } = await opened();
    await fail(on, target, 1, outage('upstream_timeout'));
    expect(await asks(rival, target)).toBe(60_000);
    expect(on.events).toEqual(['CircuitOpened', 'CircuitOpened']);
  });

  test('is tried by the next call at once when that one tells nothing', async () => {
    const { target, on, rival } = await opened();
    (await letIn(on, target)).unknown();
    await on.circuits.settled();
    await rival.circuits.refresh();
    (await letIn(rival, target)).succeeded();
    await rival.circuits.settled();
    expect(await asks(rival, target)).toBe('goes');
  });

  test('serves everyone, if not at once, when that call is rate limited: it answers', async () => {
    const { target, on } = await opened();
    await fail(on, target, 1, rateLimit(7));
    expect(await asks(on, target)).toBe(7_000);
    later(7);
    expect(await Promise.all([asks(on, target), asks(on, target)])).toEqual(['goes', 'goes']);
  });

  test('is tried again when the lease of a call has run out that was never heard of again', async () => {
    const { target, on, rival } = await opened();
    await letIn(on, target);
    later(29);
    expect(await asks(rival, target)).toBe(1_000);
    later(1);
    (await letIn(rival, target)).succeeded();
    await rival.circuits.settled();
    expect(await asks(rival, target)).toBe('goes');
  });

  test('is tried by one stream for as long as it lasts, and by nobody else', async () => {
    const { target, on, rival } = await opened();
    const stream = await letIn(on, target);
    expect(on.timers()).toEqual([15_000]);
    for (let half = 0; half < 8; half++) {
      later(15);
      on.tick();
      await on.circuits.settled();
      expect(await asks(rival, target)).toBe(30_000);
    }
    stream.succeeded();
    await on.circuits.settled();
    expect(on.timers()).toEqual([]);
    later(1);
    expect(await asks(rival, target)).toBe('goes');
  });

  test('is not kept for longer than any function lives by a call that nobody says to be over', async () => {
    const { target, on } = await opened();
    await letIn(on, target);
    for (let half = 0; half < 62; half++) {
      later(15);
      on.tick();
      await on.circuits.settled();
    }
    expect(on.timers()).toEqual([]);
  });
});

describe('late answers change nothing', () => {
  test('of calls from before the circuit opened: neither failures nor successes', async () => {
    const target = newTarget();
    const on = start();
    const [failing, succeeding, limited] = [await letIn(on, target), await letIn(on, target), await letIn(on, target)];
    await fail(on, target, 5);
    later(59);
    failing.failed(outage());
    succeeding.succeeded();
    limited.failed(rateLimit(100));
    await on.circuits.settled();
    expect(await asks(on, target)).toBe(1_000);
  });

  test('nor once it has closed again', async () => {
    const target = newTarget();
    const on = start();
    const late = await Promise.all(Array.from({ length: 20 }, () => letIn(on, target)));
    await fail(on, target, 5);
    later(60);
    (await letIn(on, target)).succeeded();
    await on.circuits.settled();
    for (const pass of late.slice(1)) pass.failed(outage());
    late[0]?.failed(rateLimit(100));
    await on.circuits.settled();
    expect(await asks(on, target)).toBe('goes');
  });

  test('nor do they go together with those of now', async () => {
    const target = newTarget();
    const on = start();
    const late = await Promise.all(Array.from({ length: 10 }, () => letIn(on, target)));
    await fail(on, target, 5);
    later(60);
    (await letIn(on, target)).succeeded();
    await on.circuits.settled();
    const [first, second] = [await letIn(on, target), await letIn(on, target)];
    first.failed(outage());
    for (const pass of late) pass.failed(outage());
    second.failed(outage());
    await on.circuits.settled();
    await fail(on, target, 2);
    expect(on.circuits.isOpen(target)).toBe(false);
    await fail(on, target, 1);
    expect(on.circuits.isOpen(target)).toBe(true);
  });

  test.each([
    ['succeeded', (pass: Pass) => pass.succeeded()],
    ['failed', (pass: Pass) => pass.failed(outage())],
  ])('nor of a probe whose lease has run out, and that %s: the next one decides', async (_, end) => {
    const target = newTarget();
    const [on, rival] = some(2) as [Instance, Instance];
    await fail(on, target, 5);
    later(60);
    const slow = await letIn(on, target);
    later(30);
    await rival.circuits.refresh();
    const next = await letIn(rival, target);
    // It would have renewed its lease, had it not been frozen; now it is told that it is another's.
    on.tick();
    await on.circuits.settled();
    expect(on.timers()).toEqual([]);
    end(slow);
    await on.circuits.settled();
    expect(on.logs).toEqual(['circuit opened']);
    later(1);
    expect(await asks(on, target)).toBe(29_000);
    next.succeeded();
    await rival.circuits.settled();
    later(1);
    expect(await asks(on, target)).toBe('goes');
  });
});

describe('a rate limit', () => {
  test('has the target left alone by all instances for as long as the provider says, and is no failure', async () => {
    const target = newTarget();
    const [on, other] = some(2) as [Instance, Instance];
    await fail(on, target, 1, rateLimit(12));
    expect(on.circuits.isOpen(target)).toBe(true);
    expect(await asks(other, target)).toBe(12_000);
    later(12);
    expect(await asks(other, target)).toBe('goes');
    await fail(on, target, 4);
    expect(await asks(on, target)).toBe('goes');
    expect(on.events).toEqual([]);
  });

  test('is not shortened by one that asks for less, for which nothing is written', async () => {
    const target = newTarget();
    let writes = 0;
    const on = start({
      store: (store) => ({
        ...store,
        coolDown: (...args) => {
          writes += 1;
          return store.coolDown(...args);
        },
      }),
    });
    const [first, second] = [await letIn(on, target), await letIn(on, target)];
    first.failed(rateLimit(12));
    second.failed(rateLimit(3));
    await on.circuits.settled();
    expect(writes).toBe(1);
    expect(await asks(start(), target)).toBe(12_000);
  });

  test.each([
    ['that names no time: some seconds', {}, 5_000],
    ['that names days: an hour', { 'retry-after': '864000' }, 3_600_000],
  ])('%s', async (_, headers, expected) => {
    const target = newTarget();
    const on = start();
    await fail(on, target, 1, outage('rate_limit_exceeded', { headers }));
    expect(await asks(on, target)).toBe(expected);
  });
});

describe('our own credential, refused', () => {
  test('has the provider left alone as a whole, at once, with an alarm of its own; only a probe ends that', async () => {
    const target = newTarget();
    const sibling = { ...target, model: 'another' };
    const [on, other] = some(2) as [Instance, Instance];
    await succeed(on, target, 10);
    await fail(on, target, 1, refusedCredential(401));
    expect(on.events).toEqual(['CredentialRefused']);
    expect(on.logs).toContain('credential refused by the provider');
    expect(await asks(other, sibling)).toBe(60_000);
    later(60);
    const probe = await letIn(other, sibling);
    expect(await asks(on, target)).toBe(30_000);
    probe.failed(outage());
    await other.circuits.settled();
    // That it failed otherwise says nothing about the credential: the next call tries.
    (await letIn(other, target)).succeeded();
    await other.circuits.settled();
    later(1);
    expect(await asks(on, sibling)).toBe('goes');
  });

  test('by a 403 counts against the model alone: it may be about that one', async () => {
    const target = newTarget();
    const on = start();
    await fail(on, target, 1, refusedCredential(403));
    expect(await asks(on, target)).toBe('goes');
    await fail(on, target, 4, refusedCredential(403));
    expect(await asks(on, target)).toBe(60_000);
    expect(await asks(on, { ...target, model: 'another' })).toBe('goes');
    expect(on.events).toEqual(['CredentialRefused']);
  });

  test('is tried with a model whose own circuit lets it through', async () => {
    const target = newTarget();
    const on = start();
    const refused = await letIn(on, target);
    await fail(on, target, 5);
    later(30);
    refused.failed(refusedCredential(401));
    await on.circuits.settled();
    later(59);
    // The model could be tried, the credential not yet: neither probe is taken.
    expect(await asks(on, target)).toBe(1_000);
    later(1);
    (await letIn(on, target)).succeeded();
    await on.circuits.settled();
    expect(await Promise.all([asks(on, target), asks(on, target)])).toEqual(['goes', 'goes']);
  });

  test('is not tried in vain: while the model’s own circuit is open, nobody takes the probe', async () => {
    const target = newTarget();
    await fail(start(), { ...target, model: 'another' }, 1, refusedCredential(401));
    later(30);
    // By instances that have not heard of the credential.
    for (const one of some(5)) await fail(one, target, 1);
    later(30);
    let probes = 0;
    const watching = start({
      store: (store) => ({
        ...store,
        takeProbe: (...args) => {
          probes += 1;
          return store.takeProbe(...args);
        },
      }),
    });
    expect(await asks(watching, target)).toBe(30_000);
    expect(probes).toBe(0);
  });

  test('is given back where another instance has the model’s own probe', async () => {
    const target = newTarget();
    const [on, rival] = some(2) as [Instance, Instance];
    await fail(rival, target, 5);
    await fail(on, { ...target, model: 'another' }, 1, refusedCredential(401));
    later(60);
    await on.circuits.refresh();
    // It has not heard of the credential.
    await letIn(rival, target);
    expect(await on.circuits.admit(target)).toEqual({ admitted: false, retryAfterMs: 30_000 });
    await on.circuits.settled();
    expect(await asks(on, { ...target, model: 'another' })).toBe('goes');
  });

  test('is enough by itself, whatever share of the calls must fail', async () => {
    const target = newTarget();
    const on = start({ settings: { failures: 50, failureShare: 1 } });
    await succeed(on, target, 10);
    await fail(on, target, 1, refusedCredential(401));
    expect(on.circuits.isOpen(target)).toBe(true);
  });
});
