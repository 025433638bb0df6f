/** Instances of the gateway that share nothing but the table of circuits, and a clock that is the test's own. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type CircuitStore, dynamoCircuitStore } from '../../../shared/circuits/circuit-store.ts';
import type { Circuits, CircuitTarget, Pass } from '../../../shared/circuits/circuits.ts';
import { sharedCircuits } from '../../../shared/circuits/shared-circuits.ts';
import { type ErrorDetails, GatewayError } from '../../../shared/errors.ts';
import { randomBase62 } from '../../../shared/ids.ts';
import type { WatchedEvent } from '../../../shared/observability/metrics.ts';
import { type CircuitSettings, resilienceSchema } from '../../../shared/resilience/settings.ts';

export const usual: CircuitSettings = resilienceSchema.parse({}).circuit;

/** Longer than a busy machine takes, where a test does not ask what happens after it. */
const patienceMs = 10_000;

export type World = {
  readonly db: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: { nowMs: number };
};

export type Instance = {
  readonly circuits: Circuits;
  readonly events: WatchedEvent[];
  readonly logs: string[];
  /** As its timers would, when as much time has passed. */
  tick(): void;
  /** How often the timers that run do. */
  timers(): number[];
};

export type InstanceOptions = {
  readonly settings?: Partial<CircuitSettings>;
  readonly store?: (store: CircuitStore) => CircuitStore;
  readonly patienceMs?: number;
  readonly skewMs?: number;
};

export function instance({ db, tableName, clock }: World, options: InstanceOptions = {}): Instance {
  const events: WatchedEvent[] = [];
  const logs: string[] = [];
  const timers = new Map<() => void, number>();
  const note = (message: string) => logs.push(message);
  const store = dynamoCircuitStore(db, db, tableName);
  const circuits = sharedCircuits({
    store: options.store?.(store) ?? store,
    settings: { ...usual, ...options.settings },
    log: { info: note, warn: note, error: note },
    countEvent: (event) => events.push(event),
    now: () => clock.nowMs + (options.skewMs ?? 0),
    every: (ms, run) => {
      timers.set(run, ms);
      return () => timers.delete(run);
    },
    patienceMs: options.patienceMs ?? patienceMs,
  });
  return {
    circuits,
    events,
    logs,
    tick: () => [...timers.keys()].map((run) => run()),
    timers: () => [...timers.values()],
  };
}

/** One that no other test knows. */
export const newTarget = (): CircuitTarget => ({ provider: `p${randomBase62(10).toLowerCase()}`, model: 'some/model' });

export async function letIn({ circuits }: Instance, target: CircuitTarget): Promise<Pass> {
  const leave = await circuits.admit(target);
  if (!leave.admitted) throw new Error(`refused for ${leave.retryAfterMs} ms`);
  return leave.pass;
}

export const outage = (why: GatewayError['why'] = 'upstream_error', details: ErrorDetails = {}): GatewayError =>
  new GatewayError(why, details);

export const rateLimit = (seconds: number): GatewayError =>
  outage('rate_limit_exceeded', { headers: { 'retry-after': String(seconds) } });

export const refusedCredential = (status: number): GatewayError =>
  outage('upstream_auth', { cause: Object.assign(new Error('refused'), { status }) });

/** One call after the other, each told of before the next. */
export async function fail(on: Instance, target: CircuitTarget, times: number, error = outage()): Promise<void> {
  for (let failure = 0; failure < times; failure++) {
    (await letIn(on, target)).failed(error);
    await on.circuits.settled();
  }
}

export const succeed = async (on: Instance, target: CircuitTarget, times: number): Promise<void> => {
  for (let success = 0; success < times; success++) (await letIn(on, target)).succeeded();
};

/** What it does with a call now, having looked. */
export async function asks(on: Instance, target: CircuitTarget): Promise<'goes' | number> {
  await on.circuits.refresh();
  const leave = await on.circuits.admit(target);
  if (!leave.admitted) return leave.retryAfterMs;
  leave.pass.unknown();
  await on.circuits.settled();
  return 'goes';
}
