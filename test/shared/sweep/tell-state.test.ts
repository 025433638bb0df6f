import { type Circuit, closed, opened } from '../../../shared/circuits/circuit.ts';
import { type TellStateDeps, tellState } from '../../../shared/sweep/tell-state.ts';

const settings = { failures: 5, failureShare: 0.5, windowSeconds: 60, openSeconds: 60, probeSeconds: 30 };
const open = opened(closed(), 'upstream_error', 5, 1_000, settings);

const limits: Record<string, number | null> = { frugal: 1_000, lavish: 5_000, free: null };
const spent: Record<string, number> = { frugal: 1_001, lavish: 5_000, free: 9_999_999 };

function told(more: Partial<TellStateDeps> = {}, organizationLimit: number | null = null) {
  const events: [string, number][] = [];
  const errors: string[] = [];
  const deps: TellStateDeps = {
    circuits: {
      all: async () =>
        new Map<string, Circuit>([
          ['a', open],
          ['b', closed()],
          ['c', { ...open, state: 'half_open' }],
        ]),
    },
    projects: { get: async (id) => ({ spendLimitMicroUsd: limits[id] ?? null }) as never },
    organization: { get: async () => ({ spendLimitMicroUsd: organizationLimit }) as never },
    spend: {
      monthMicroUsd: async (id) => spent[id] ?? 0,
      organizationMonthMicroUsd: async () => 10_006_000,
    },
    countEvent: (event, count = 1) => events.push([event, count]),
    log: {
      info: () => {},
      warn: () => {},
      error: (message, facts) => errors.push(`${message}: ${facts?.['scope'] ?? facts?.['event']}`),
    },
    ...more,
  };
  const sweptOf = async (abandoned: number, ...active: string[]) => {
    await tellState(deps, { abandoned, activeProjects: new Set(active) });
    return { events: Object.fromEntries(events), errors };
  };
  return { sweptOf };
}

test('what is swept, open and overspent is counted', async () => {
  const { events, errors } = await told({}, 10_000_000).sweptOf(3, 'frugal', 'lavish', 'free');
  expect(events).toEqual({ ReservationsSwept: 3, OpenCircuits: 2, NegativeBudgets: 2 });
  expect(errors).toEqual(['budget is negative: frugal', 'budget is negative: organization']);
});

test('a budget that is used up to its last micro-dollar is not negative', async () => {
  expect((await told({}, 10_006_000).sweptOf(0, 'lavish')).events).not.toHaveProperty('NegativeBudgets');
});

test('where nothing has happened nothing is told, and no budget is looked at', async () => {
  const asked = { get: async () => Promise.reject(new Error('nobody should ask')) };
  const quiet = {
    circuits: { all: async () => new Map<string, Circuit>([['a', closed()]]) },
    projects: asked,
    organization: asked,
  };
  expect(await told(quiet).sweptOf(0)).toEqual({ events: {}, errors: [] });
});

test('a store that is down takes nothing but its own count with it (I12)', async () => {
  const circuits = { all: async () => Promise.reject(new Error('down')) };
  const { events, errors } = await told({ circuits }).sweptOf(1, 'frugal');
  expect(events).toEqual({ ReservationsSwept: 1, NegativeBudgets: 1 });
  expect(errors).toEqual(['state not known: OpenCircuits', 'budget is negative: frugal']);
});
