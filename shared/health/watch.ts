/** Whoever has seen what went on in the last minutes: CloudWatch, or on one machine the host and the file of notifications. */
import type { Host, RecentRequests } from '../observability/host.ts';
import type { QueueName } from '../queues/queue.ts';

export type Alert = {
  readonly name: string;
  /** Unix seconds. */
  readonly since: number;
  readonly description: string;
};

export type Seen = {
  /** Null where nobody has counted. */
  readonly recent: RecentRequests | null;
  readonly alerts: readonly Alert[];
  /** Where queues themselves do not say. */
  readonly queueAgesSeconds: ReadonlyMap<QueueName, number>;
};

/** Rejects when it cannot be told. */
export type Watch = (host: Host | undefined, signal: AbortSignal) => Promise<Seen>;
