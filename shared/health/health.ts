/** Looks at everything that the gateway stands on, at once and for no longer than a few seconds. */
import { circuitObject, circuitsOf } from '../circuits/circuit-object.ts';
import type { CircuitStore } from '../circuits/circuit-store.ts';
import type { Host, RecentRequests } from '../observability/host.ts';
import type { CheckProvider } from '../providers/provider-check.ts';
import type { ReadQueueDepth } from '../queues/queue-depth.ts';
import type { CircuitSettings } from '../resilience/settings.ts';
import { type CheckDeps, checked, degraded, well } from './check.ts';
import { checkObject, type Health } from './health-object.ts';
import { type Findings, overall } from './overall.ts';
import type { Seen, Watch } from './watch.ts';

export type StoreKind = Health['stores'][number]['kind'];

export type HealthDeps = CheckDeps & {
  /** Each rejects where it is not well. */
  readonly stores: readonly {
    readonly name: string;
    readonly kind: StoreKind;
    readonly probe: (signal: AbortSignal) => Promise<unknown>;
  }[];
  readonly secrets: readonly { readonly name: string; readonly read: () => Promise<unknown> }[];
  readonly queues: readonly { readonly name: string; readonly depth: ReadQueueDepth }[];
  readonly providers: readonly { readonly name: string; readonly kind: string; readonly check: CheckProvider }[];
  readonly circuits: Pick<CircuitStore, 'all'>;
  readonly circuitSettings: CircuitSettings;
  readonly watch: Watch;
  /** Whoever asks more often is told the same. */
  readonly keptMs: number;
};

/** Never rejects. */
export type ReadHealth = (host: Host | undefined) => Promise<Health>;

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** The state is kept here, where a function's deps live as long as its instance. */
export function createHealth(deps: HealthDeps): ReadHealth {
  let kept: { readonly atMs: number; readonly health: Promise<Health> } | null = null;

  return (host) => {
    const nowMs = deps.now();
    if (!kept || Math.abs(nowMs - kept.atMs) >= deps.keptMs) kept = { atMs: nowMs, health: look(deps, host, nowMs) };
    return kept.health;
  };
}

async function look(deps: HealthDeps, host: Host | undefined, nowMs: number): Promise<Health> {
  const [stores, secrets, queues, providers, circuits, seen] = await Promise.all([
    Promise.all(deps.stores.map((store) => storeHealth(deps, store))),
    Promise.all(deps.secrets.map((secret) => secretHealth(deps, secret))),
    Promise.all(deps.queues.map((queue) => queueHealth(deps, queue))),
    Promise.all(deps.providers.map((provider) => providerHealth(deps, provider))),
    circuitHealth(deps, nowMs),
    lastMinutes(deps, host),
  ]);
  const ages = new Map<string, number>(seen?.queueAgesSeconds);
  const findings: Findings = {
    stores,
    secrets,
    queues: queues.map((queue) => ({
      ...queue,
      oldest_age_seconds: queue.oldest_age_seconds ?? ages.get(queue.name) ?? null,
    })),
    providers,
    circuits,
    metrics: seen?.recent ? metricsObject(seen.recent) : null,
    alerts: seen ? [...seen.alerts] : null,
  };
  return { object: 'organization.health', ...overall(findings), checked_at: seconds(nowMs), ...findings };
}

async function storeHealth(deps: HealthDeps, { name, kind, probe }: HealthDeps['stores'][number]) {
  const found = await checked(deps, `${kind} ${name}`, async (signal) => {
    await probe(signal);
    return well;
  });
  return { ...checkObject(name, found), kind };
}

async function secretHealth(deps: HealthDeps, { name, read }: HealthDeps['secrets'][number]) {
  const found = await checked(deps, `secret ${name}`, async () => {
    await read();
    return well;
  });
  return checkObject(name, found);
}

async function queueHealth(deps: HealthDeps, { name, depth }: HealthDeps['queues'][number]) {
  const found = await checked(deps, `queue ${name}`, async (signal) => {
    const messages = await depth(signal);
    const dead = messages.deadLetters;
    return { ...(dead === 0 ? well : degraded(`It has dead letters, which nobody could work on: ${dead}.`)), messages };
  });
  const messages = 'messages' in found ? found.messages : null;
  return {
    ...checkObject(name, found),
    waiting: messages?.waiting ?? null,
    in_progress: messages?.inProgress ?? null,
    delayed: messages?.delayed ?? null,
    dead_letters: messages?.deadLetters ?? null,
    oldest_age_seconds: messages?.oldestAgeSeconds ?? null,
  };
}

const providerHealth = async (deps: HealthDeps, { name, kind, check }: HealthDeps['providers'][number]) => ({
  ...checkObject(name, await checked(deps, `provider ${name}`, check)),
  kind,
});

/** Their table is a store and is looked at as one; what is missing here is no second complaint. */
async function circuitHealth(deps: HealthDeps, nowMs: number): Promise<Health['circuits']> {
  const found = await checked(deps, 'circuits', async () => ({ ...well, stored: await deps.circuits.all() }));
  if (!('stored' in found)) return null;
  return circuitsOf(found.stored, []).flatMap((circuit) => {
    const { id, provider, model, state, reason, retry_at } = circuitObject(circuit, nowMs, deps.circuitSettings);
    return state === 'closed' ? [] : [{ id, provider, model, state, reason, retry_at }];
  });
}

async function lastMinutes(deps: HealthDeps, host: Host | undefined): Promise<Seen | null> {
  const found = await checked(deps, 'metrics and alerts', async (signal) => ({
    ...well,
    seen: await deps.watch(host, signal),
  }));
  return 'seen' in found ? found.seen : null;
}

const metricsObject = (recent: RecentRequests): NonNullable<Health['metrics']> => ({
  window_seconds: recent.windowSeconds,
  requests: recent.requests,
  client_errors: recent.clientErrors,
  server_errors: recent.serverErrors,
  error_rate: recent.requests === 0 ? 0 : recent.serverErrors / recent.requests,
  latency_ms: recent.latencyMs,
  input_tokens: recent.inputTokens,
  output_tokens: recent.outputTokens,
  cost_usd: recent.costMicroUsd / 1_000_000,
});
