/** What the gateway has to reach, and whether it does. */

import type { AdmissionSpeed } from './admissions.ts';
import type { ColdImports } from './cold-imports.ts';
import type { Name } from './contenders.ts';
import type { FeatureCost } from './features.ts';
import type { OutageFinding } from './outage-findings.ts';
import { type Circumstance, callsOf, type RoundTrips, roundsBefore, unitsOf } from './round-trips.ts';
import { type LoadFindings, loadScript, type Mode, pacedMs } from './side-by-side.ts';

/** Absent: not measured this time. */
export type Findings = {
  readonly load?: LoadFindings;
  readonly roundTrips?: readonly RoundTrips[];
  readonly features?: readonly FeatureCost[];
  readonly outages?: readonly OutageFinding[];
  readonly admissions?: readonly AdmissionSpeed[];
  readonly startUpMs?: number;
  readonly imports?: ColdImports;
};

export type Verdict = {
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
  readonly remark: string;
};

const times = (value: number): string => `${value.toFixed(2)} ×`;
const most = (values: readonly number[]): number => Math.max(...values);

function loadVerdicts({ cells, firstBytes, chunkCosts }: LoadFindings): Verdict[] {
  const chunk = (name: Name): number =>
    chunkCosts.find((cost) => cost.name === name && cost.spacingMs === pacedMs)?.microseconds ?? Number.NaN;
  const cpuMs = (name: Name, mode: Mode, connections: number): number =>
    cells.find((cell) => cell.name === name && cell.mode === mode && cell.connections === connections)
      ?.cpuMsPerRequest ?? Number.NaN;
  const whole = (name: Name): number => cpuMs(name, 'whole', 16);
  /** What a stream costs more than a whole answer, by the chunk, in microseconds. */
  const unpaced = (name: Name): number =>
    ((cpuMs(name, 'streamed', 1) - cpuMs(name, 'whole', 1)) / loadScript.chunks) * 1_000;
  const firstByte = (name: Name): number => firstBytes.find((one) => one.name === name)?.p50Ms ?? Number.NaN;

  const unpacedRatio = unpaced('sluice') / unpaced('portkey');
  const chunkRatio = chunk('sluice') / chunk('portkey');
  const wholeRatio = whole('sluice') / whole('portkey');
  const addedMs = firstByte('sluice') - firstByte('direct');
  return [
    {
      target: "CPU per streamed chunk at most a third of Portkey's: one connection, as fast as it goes",
      measured: `${times(unpacedRatio)} (${unpaced('sluice').toFixed(0)} to ${unpaced('portkey').toFixed(0)} µs)`,
      met: unpacedRatio <= 1 / 3,
      remark: `A stream less a whole answer, by the chunk. The bare pipe: ${unpaced('pipe').toFixed(0)} µs. Portkey sleeps 25 ms in each stream, and what sleeps runs cold afterwards.`,
    },
    {
      target: `The same: 16 connections, a chunk every ${pacedMs} ms`,
      measured: `${times(chunkRatio)} (${chunk('sluice').toFixed(0)} to ${chunk('portkey').toFixed(0)} µs)`,
      met: chunkRatio <= 1 / 3,
      remark: `The bare pipe, which does nothing but read and write, is at ${times(chunk('pipe') / chunk('portkey'))}.`,
    },
    {
      target: "CPU per whole request at most twice Portkey's",
      measured: `${times(wholeRatio)} (${whole('sluice').toFixed(2)} to ${whole('portkey').toFixed(2)} ms)`,
      met: wholeRatio <= 2,
      remark: 'Four writes for every request are in it, to the ledger and to the counters; Portkey keeps neither.',
    },
    {
      target: 'First byte within 5 ms of direct, one connection',
      measured: `${addedMs.toFixed(1)} ms later`,
      met: addedMs <= 5,
      remark: `Portkey: ${(firstByte('portkey') - firstByte('direct')).toFixed(1)} ms.`,
    },
  ];
}

function roundTripVerdicts(roundTrips: readonly RoundTrips[]): Verdict[] {
  const under = (...wanted: readonly Circumstance[]) =>
    roundTrips.filter(({ circumstance }) => wanted.includes(circumstance));
  const warm = under('plain', 'healthy');
  const before = most(warm.map((trips) => roundsBefore(trips).flat().length));
  const rounds = most(under('plain', 'healthy', 'look', 'chosen').map((trips) => roundsBefore(trips).length));
  const writeUnits = most(warm.map((trips) => unitsOf(trips).write));

  const without = most(under('plain').map(callsOf));
  const more = (trips: RoundTrips): number => callsOf(trips) - without;
  const healthy = most(under('healthy').map(more));
  const look = most(under('look').map(more));
  const chosen = under('chosen').map((trips) => ({ when: trips.when, more: more(trips) }));
  const signed = (count: number): string => (count > 0 ? `+${count}` : String(count));
  return [
    {
      target: 'One write before the provider, warm',
      measured: String(before),
      met: before <= 1,
      remark: 'The counters and the ledger, in one round trip: docs/adr/0030.',
    },
    {
      target: 'One round trip of DynamoDB before the provider, warm, with everything that can be asked for',
      measured: String(rounds),
      met: rounds <= 1,
      remark: 'What is read is read beside the two writes.',
    },
    {
      target: 'At most 4 write units for a small request in all, warm',
      measured: String(writeUnits),
      met: writeUnits <= 4,
      remark: 'The counters and the ledger, each before and after.',
    },
    {
      target:
        'Being ready for failures costs no DynamoDB call, and a read a second and instance at most, while all is well',
      measured: `${signed(healthy)} a request, ${signed(look)} a second`,
      met: healthy <= 0 && look <= 1,
      remark: 'Targets to fall back on, weights, circuits, what a project wants.',
    },
    {
      target: 'The same for what a caller asks for',
      measured: chosen.map((one) => `${signed(one.more)} ${one.when.replace(/^warm, /, '')}`).join('; '),
      met: chosen.every((one) => one.more <= 0),
      remark: 'Something has to be looked up, and the answer kept. Who does not ask for it does not pay for it.',
    },
  ];
}

function outageVerdicts(outages: readonly OutageFinding[]): Verdict[] {
  const all = outages.filter(({ through }) => through === 'Sluice, all');
  const errors = all.reduce((sum, one) => sum + one.errors, 0);
  const requests = all.reduce((sum, one) => sum + one.requests, 0);
  return [
    {
      target: 'No caller sees an error while a provider is dead or hangs, and another is well',
      measured: `${errors}`,
      met: errors === 0,
      remark: `${requests} requests while it was gone; those after its return are in it as well.`,
    },
  ];
}

function importVerdicts({ functions, installedClient, bundledClient }: ColdImports): Verdict[] {
  const chat = functions.find(({ name }) => name === 'chat-completions')?.importMs ?? Number.NaN;
  const importRatio = chat / installedClient.importMs;
  return [
    {
      target: 'Cold import of the chat function at most 1.5 times the DynamoDB client',
      measured: times(importRatio),
      met: importRatio <= 1.5,
      remark: `The client as npm installs it. Of a client bundled like the functions: ${times(chat / bundledClient.importMs)}.`,
    },
  ];
}

export const verdicts = ({ load, roundTrips, outages, imports }: Findings): Verdict[] => [
  ...(load ? loadVerdicts(load) : []),
  ...(roundTrips ? roundTripVerdicts(roundTrips) : []),
  ...(outages ? outageVerdicts(outages) : []),
  ...(imports ? importVerdicts(imports) : []),
];
