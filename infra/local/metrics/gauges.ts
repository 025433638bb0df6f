/** What is so at the moment of the scrape. */
import type { Circuit } from '../../../shared/circuits/circuit.ts';
import { namedBy } from '../../../shared/circuits/circuit-name.ts';
import { circuitsOf } from '../../../shared/circuits/circuit-object.ts';
import type { QueueDepth } from '../../../shared/queues/queue-depth.ts';
import type { Family, Sample } from './exposition.ts';

/** By name; those of configured targets that never failed are closed. */
export const circuitGauge = (stored: ReadonlyMap<string, Circuit>, configured: readonly string[]): Family => ({
  name: 'sluice_circuit_open',
  type: 'gauge',
  help: "1 where a provider's model, or with its credential a provider (model *), is left alone because it fails.",
  samples: circuitsOf(stored, configured).map(({ name, circuit }): Sample => {
    const { provider, model } = namedBy(name);
    return { labels: { provider, model: model ?? '*' }, value: circuit.state === 'closed' ? 0 : 1 };
  }),
});

export function queueGauges(depths: ReadonlyMap<string, QueueDepth>): readonly Family[] {
  const all = [...depths];
  return [
    {
      name: 'sluice_queue_messages',
      type: 'gauge',
      help: 'Messages in a queue, by what they wait for. Beyond 10,000 they are not counted.',
      samples: all.flatMap(([queue, { waiting, inProgress, delayed, deadLetters }]): Sample[] => [
        { labels: { queue, state: 'waiting' }, value: waiting },
        { labels: { queue, state: 'in_progress' }, value: inProgress },
        { labels: { queue, state: 'delayed' }, value: delayed },
        { labels: { queue, state: 'dead_letter' }, value: deadLetters },
      ]),
    },
    {
      name: 'sluice_queue_oldest_message_age_seconds',
      type: 'gauge',
      help: 'The age of the oldest message of a queue that is not done; 0 where there is none.',
      samples: all.map(([queue, { oldestAgeSeconds }]) => ({ labels: { queue }, value: oldestAgeSeconds ?? 0 })),
    },
  ];
}

export const inProgressGauge = (requests: number): Family => ({
  name: 'sluice_requests_in_progress',
  type: 'gauge',
  help: 'Requests under way, the one that asks included.',
  samples: [{ labels: {}, value: requests }],
});

/** 1 for each store that could be read for this scrape. */
export const readableGauge = (stores: Readonly<Record<string, boolean>>): Family => ({
  name: 'sluice_store_readable',
  type: 'gauge',
  help: 'Could the store be read for this scrape? What it would tell is missing where not.',
  samples: Object.entries(stores).map(([store, readable]) => ({ labels: { store }, value: readable ? 1 : 0 })),
});

export type ProcessFacts = {
  readonly startedAtMs: number;
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
};

/** By the names that every exporter has for them. https://prometheus.io/docs/instrumenting/writing_clientlibs/ */
export const processFamilies = ({ startedAtMs, cpuMicroseconds, residentBytes }: ProcessFacts): readonly Family[] => [
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Processor time that this process has taken.',
    samples: [{ labels: {}, value: cpuMicroseconds / 1_000_000 }],
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Memory that this process holds.',
    samples: [{ labels: {}, value: residentBytes }],
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When this process was started, in Unix time.',
    samples: [{ labels: {}, value: startedAtMs / 1000 }],
  },
];
