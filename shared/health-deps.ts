/** The composition root goes on: what the gateway stands on, as its health is told. */
import { type AdminDeps, adminGateway, bodiesOf, circuitStore, type Live, readCatalogue, table } from './deps.ts';
import { dynamoTableProbe, probedPartition } from './dynamo/table-probe-store.ts';
import { cloudWatchWatch } from './health/cloudwatch-watch.ts';
import { createHealth, type HealthDeps, type ReadHealth } from './health/health.ts';
import { hostWatch } from './health/host-watch.ts';
import type { Watch } from './health/watch.ts';
import { providerCheck } from './providers/provider-check.ts';
import { queueNames } from './queues/queue.ts';
import { dynamoQueueDepth } from './queues/queue-depth-store.ts';
import { sqsQueueDepth } from './queues/sqs-queue-depth.ts';
import { type TableName, tableNames } from './tables.ts';

/** Those who look on wait for seconds at the most, and robots look once in a minute. */
const patienceMs = 3_000;
const keptMs = 5_000;

const tablesOf = (root: Live): HealthDeps['stores'] => {
  const probe = dynamoTableProbe(root.db, (name: TableName) => table(root, name));
  return tableNames.map((name) => ({ name, kind: 'table' as const, probe: (signal) => probe(name, signal) }));
};

/** That nothing is there is what it has to say. */
function bodies(root: Live): HealthDeps['stores'] {
  const store = bodiesOf(root);
  return [
    {
      name: 'bodies',
      kind: root.env.bodies.bucket ? ('bucket' as const) : ('folder' as const),
      probe: () => store.get(probedPartition),
    },
  ];
}

function queuesOf(root: Live): HealthDeps['queues'] {
  const { urls, deadLetters, table: queueTable } = root.env.queues;
  if (queueTable) {
    const depthOf = dynamoQueueDepth(root.db, queueTable, root.now);
    return queueNames.map((name) => ({ name, depth: depthOf(name) }));
  }
  const named = queueNames.map((name) => ({
    name,
    depth: sqsQueueDepth(root.env.aws, { url: urls[name], deadLettersUrl: deadLetters[name] }),
  }));
  const schedules = sqsQueueDepth(root.env.aws, { url: undefined, deadLettersUrl: deadLetters.schedules });
  return [...named, { name: 'schedules', depth: schedules }];
}

const providersOf = (root: Live, settings: ReturnType<typeof readCatalogue>['providers']): HealthDeps['providers'] => {
  const context = { credentials: root.secrets.providerKey, now: root.now };
  return Object.entries(settings).map(([name, one]) => ({ name, kind: one.kind, check: providerCheck(one, context) }));
};

function watchOf({ env, now }: Live): Watch {
  const { file } = env.notifications;
  if (file) return hostWatch(file, now);
  return cloudWatchWatch({ aws: env.aws, stage: env.stage, queueUrls: env.queues.urls, now });
}

export const healthOf = (root: Live): HealthDeps => {
  const { providers, resilience } = readCatalogue(root.env);
  return {
    log: root.log,
    now: root.now,
    patienceMs,
    keptMs,
    stores: [...tablesOf(root), ...bodies(root)],
    secrets: [
      { name: 'admin key', read: () => root.secrets.adminKey() },
      { name: 'pepper', read: () => root.secrets.peppers() },
    ],
    queues: queuesOf(root),
    providers: providersOf(root, providers),
    circuits: circuitStore(root),
    circuitSettings: resilience.circuit,
    watch: watchOf(root),
  };
};

export type OrganizationHealthDeps = AdminDeps & { readonly readHealth: ReadHealth };

export const organizationHealthDeps = (root: Live): OrganizationHealthDeps => ({
  ...adminGateway(root),
  readHealth: createHealth(healthOf(root)),
});
