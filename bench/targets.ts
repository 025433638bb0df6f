/** What the gateway has to reach, and whether it does. */

import type { AdmissionSpeed } from './admissions.ts';
import type { ColdImports } from './cold-imports.ts';
import type { Name } from './contenders.ts';
import { callsBefore, type RoundTrips, unitsOf } from './round-trips.ts';
import { type Cell, type ChunkCost, type FirstByte, loadScript, type Mode } from './side-by-side.ts';

export type Findings = {
  readonly cells: readonly Cell[];
  readonly firstBytes: readonly FirstByte[];
  readonly chunkCosts: readonly ChunkCost[];
  readonly roundTrips: readonly RoundTrips[];
  readonly admissions: readonly AdmissionSpeed[];
  readonly startUpMs: number;
  readonly imports: ColdImports;
};

export type Verdict = {
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
  readonly remark: string;
};

/** A stream of a model: its chunks come one by one. */
export const pacedMs = 5;

const times = (value: number): string => `${value.toFixed(2)} ×`;

export function verdicts({ cells, firstBytes, chunkCosts, roundTrips, imports }: Findings): Verdict[] {
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
  const warmTrips = roundTrips.filter(({ when }) => when.startsWith('warm'));
  const warm = Math.max(...warmTrips.map(callsBefore));
  const writeUnits = Math.max(...warmTrips.map((trips) => unitsOf(trips).write));
  const chat = imports.functions.find(({ name }) => name === 'chat-completions')?.importMs ?? Number.NaN;

  const unpacedRatio = unpaced('sluice') / unpaced('portkey');
  const chunkRatio = chunk('sluice') / chunk('portkey');
  const wholeRatio = whole('sluice') / whole('portkey');
  const addedMs = firstByte('sluice') - firstByte('direct');
  const importRatio = chat / imports.installedClient.importMs;
  const strictImportRatio = chat / imports.bundledClient.importMs;
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
    {
      target: 'One write before the provider, warm',
      measured: String(warm),
      met: warm <= 1,
      remark: 'The counters and the ledger, in one round trip: docs/adr/0030.',
    },
    {
      target: 'At most 4 write units for a small request in all, warm',
      measured: String(writeUnits),
      met: writeUnits <= 4,
      remark: 'The counters and the ledger, each before and after.',
    },
    {
      target: 'Cold import of the chat function at most 1.5 times the DynamoDB client',
      measured: times(importRatio),
      met: importRatio <= 1.5,
      remark: `The client as npm installs it. Of a client bundled like the functions: ${times(strictImportRatio)}.`,
    },
  ];
}
