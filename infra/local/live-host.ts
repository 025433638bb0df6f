/** The host of `npm start`: its stores are those of the functions. */
import type { ResolvedConfig } from '../../shared/catalogue/resolved-config.ts';
import { targetCircuit } from '../../shared/circuits/circuit-name.ts';
import { dynamoCircuitStore } from '../../shared/circuits/circuit-store.ts';
import type { documentClient } from '../../shared/dynamo/client.ts';
import { dynamoQueueDepth } from '../../shared/queues/queue-depth-store.ts';
import type { QueueDefinition } from '../queues.ts';
import { type LocalHost, localHost } from './host.ts';
import { localQueueTableName, localTableNames } from './machine.ts';

export type LiveHostDeps = {
  readonly client: ReturnType<typeof documentClient>;
  readonly config: Pick<ResolvedConfig, 'models'>;
  readonly queues: readonly QueueDefinition[];
  readonly now: () => number;
  readonly underWay: () => number;
};

export function liveHost({ client, config, queues, now, underWay }: LiveHostDeps): LocalHost {
  const store = dynamoCircuitStore(client, client, localTableNames.circuits);
  const depthOf = dynamoQueueDepth(client, localQueueTableName, now);
  const startedAtMs = now() - process.uptime() * 1000;
  return localHost({
    now,
    underWay,
    circuits: () => store.all(),
    configured: Object.values(config.models).flatMap(({ targets }) => targets.map(targetCircuit)),
    queues: new Map(queues.map(({ name }) => [name, depthOf(name)])),
    processFacts: () => {
      const { user, system } = process.cpuUsage();
      return { startedAtMs, cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() };
    },
  });
}
