/** What one machine knows of all its functions: made of the requests that have ended, and of its stores. */
import type { Circuit } from '../../shared/circuits/circuit.ts';
import { within } from '../../shared/circuits/within.ts';
import type { Host } from '../../shared/observability/host.ts';
import type { QueueName } from '../../shared/queues/queue.ts';
import type { QueueDepth, ReadQueueDepth } from '../../shared/queues/queue-depth.ts';
import type { OnEnded } from './ended-request.ts';
import { exposition } from './metrics/exposition.ts';
import {
  circuitGauge,
  inProgressGauge,
  type ProcessFacts,
  processFamilies,
  queueGauges,
  readableGauge,
} from './metrics/gauges.ts';
import { recentRequests } from './metrics/recent-requests.ts';
import { requestMetrics } from './metrics/request-metrics.ts';

export type HostDeps = {
  readonly now: () => number;
  readonly circuits: () => Promise<ReadonlyMap<string, Circuit>>;
  /** Names of the circuits of configured targets. */
  readonly configured: readonly string[];
  readonly queues: ReadonlyMap<QueueName, ReadQueueDepth>;
  readonly underWay: () => number;
  readonly processFacts: () => ProcessFacts;
};

/** Scrapers wait for 10 s. What comes later is missing from the scrape. */
const patienceMs = 3_000;

export type LocalHost = Host & { readonly onEnded: OnEnded };

export function localHost({ now, circuits, configured, queues, underWay, processFacts }: HostDeps): LocalHost {
  const metrics = requestMetrics();
  const recent = recentRequests(now);

  const orNothing = async <Found>(work: Promise<Found>): Promise<Found | null> => {
    const found = await within(patienceMs, work).catch(() => 'late' as const);
    return found === 'late' ? null : found;
  };

  async function depths(signal: AbortSignal): Promise<ReadonlyMap<string, QueueDepth>> {
    const read = [...queues].map(async ([name, depth]) => [name, await depth(signal)] as const);
    return new Map(await Promise.all(read));
  }

  return {
    onEnded(ended) {
      metrics.count(ended);
      recent.count(ended);
    },

    recent: () => recent.recent(),

    async exposition() {
      const signal = AbortSignal.timeout(patienceMs);
      const [found, messages] = await Promise.all([orNothing(circuits()), orNothing(depths(signal))]);
      return exposition([
        ...metrics.families(),
        inProgressGauge(underWay()),
        ...(found ? [circuitGauge(found, configured)] : []),
        ...(messages ? queueGauges(messages) : []),
        readableGauge({ circuits: found !== null, queues: messages !== null }),
        ...processFamilies(processFacts()),
      ]);
    },
  };
}
