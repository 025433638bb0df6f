/** The requests of the last five minutes, in memory that does not grow with them. */
import type { RecentRequests } from '../../../shared/observability/host.ts';
import type { EndedRequest } from '../ended-request.ts';

const slotMs = 10_000;
const slotsKept = 30;

/** Latencies are known to a twentieth, which is what one knows of a percentile anyway. */
const growth = 1.1;
const bucketOf = (ms: number): number => Math.round(Math.log(Math.max(1, ms)) / Math.log(growth));
const msOf = (bucket: number): number => Math.round(growth ** bucket);

type Slot = {
  readonly number: number;
  readonly latencies: Map<number, number>;
  requests: number;
  clientErrors: number;
  serverErrors: number;
  inputTokens: number;
  outputTokens: number;
  costMicroUsd: number;
};

const newSlot = (number: number): Slot => ({
  number,
  latencies: new Map(),
  requests: 0,
  clientErrors: 0,
  serverErrors: 0,
  inputTokens: 0,
  outputTokens: 0,
  costMicroUsd: 0,
});

/** The latency that so large a share of requests was not above. */
function percentile(latencies: ReadonlyMap<number, number>, requests: number, share: number): number {
  let seen = 0;
  for (const [bucket, count] of [...latencies].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= requests * share) return msOf(bucket);
  }
  return 0;
}

export type Recent = {
  count(ended: EndedRequest): void;
  recent(): RecentRequests;
};

export function recentRequests(now: () => number): Recent {
  let slots: Slot[] = [];
  const current = (): number => Math.floor(now() / slotMs);
  const isKept = ({ number }: Slot): boolean => number > current() - slotsKept && number <= current();

  const slotNow = (): Slot => {
    const number = current();
    const last = slots.at(-1);
    if (last?.number === number) return last;
    const slot = newSlot(number);
    slots = [...slots.filter(isKept), slot];
    return slot;
  };

  return {
    count({ record: { status, outcome, latencyMs, report } }) {
      const slot = slotNow();
      slot.requests += 1;
      const isClients = status >= 400 && status < 500;
      if (isClients) slot.clientErrors += 1;
      else if (outcome !== 'ok') slot.serverErrors += 1;
      const bucket = bucketOf(latencyMs);
      slot.latencies.set(bucket, (slot.latencies.get(bucket) ?? 0) + 1);
      slot.inputTokens += report.inputTokens ?? 0;
      slot.outputTokens += report.outputTokens ?? 0;
      slot.costMicroUsd += report.costMicroUsd ?? 0;
    },

    recent() {
      const kept = slots.filter(isKept);
      const sum = (of: (slot: Slot) => number): number => kept.reduce((total, slot) => total + of(slot), 0);
      const requests = sum((slot) => slot.requests);
      const latencies = new Map<number, number>();
      for (const slot of kept)
        for (const [bucket, count] of slot.latencies) latencies.set(bucket, (latencies.get(bucket) ?? 0) + count);
      return {
        windowSeconds: (slotMs * slotsKept) / 1000,
        requests,
        clientErrors: sum((slot) => slot.clientErrors),
        serverErrors: sum((slot) => slot.serverErrors),
        latencyMs:
          requests === 0
            ? null
            : { p50: percentile(latencies, requests, 0.5), p99: percentile(latencies, requests, 0.99) },
        inputTokens: sum((slot) => slot.inputTokens),
        outputTokens: sum((slot) => slot.outputTokens),
        costMicroUsd: sum((slot) => slot.costMicroUsd),
      };
    },
  };
}
