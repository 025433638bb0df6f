/** The sections about what passes through: load, first bytes, chunks. */
import type { Name } from './contenders.ts';
import { table } from './markdown.ts';
import {
  type Cell,
  connectionCounts,
  type LoadFindings,
  loadScript,
  longStream,
  shortStream,
  streamsAtATime,
} from './side-by-side.ts';

const called: Record<Name, string> = {
  direct: 'the provider, called directly',
  pipe: 'a bare pipe',
  portkey: 'Portkey',
  sluice: 'Sluice',
};

const added = (value: number, base: number): string => `${value < base ? '' : '+'}${(value - base).toFixed(1)}`;
const ms = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2));

function loadTable(cells: readonly Cell[], mode: Cell['mode']): string {
  const rows = connectionCounts.flatMap((connections) => {
    const here = cells.filter((cell) => cell.mode === mode && cell.connections === connections);
    const direct = here.find(({ name }) => name === 'direct');
    return here.map((cell) => [
      String(connections),
      called[cell.name],
      cell.requestsPerSecond.toFixed(0),
      ...([cell.p50Ms, cell.p95Ms, cell.p99Ms] as const).map((value, index) => {
        const base = [direct?.p50Ms, direct?.p95Ms, direct?.p99Ms][index] ?? 0;
        return cell.name === 'direct' ? value.toFixed(1) : added(value, base);
      }),
      ms(cell.cpuMsPerRequest),
      ms(cell.databaseCpuMsPerRequest),
    ]);
  });
  const head = ['Connections', 'Through', 'Requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'CPU ms', "Its database's"];
  return table(head, rows);
}

function firstByteTable({ firstBytes }: LoadFindings): string {
  const direct = firstBytes.find(({ name }) => name === 'direct');
  return table(
    ['Through', 'p50 ms', 'p95 ms'],
    firstBytes.map(({ name, p50Ms, p95Ms }) =>
      name === 'direct'
        ? [called[name], p50Ms.toFixed(1), p95Ms.toFixed(1)]
        : [called[name], added(p50Ms, direct?.p50Ms ?? 0), added(p95Ms, direct?.p95Ms ?? 0)],
    ),
  );
}

function chunkTable({ chunkCosts }: LoadFindings): string {
  const spacings = [...new Set(chunkCosts.map(({ spacingMs }) => spacingMs))];
  const names = [...new Set(chunkCosts.map(({ name }) => name))];
  const cost = (name: Name, spacingMs: number) =>
    chunkCosts.find((one) => one.name === name && one.spacingMs === spacingMs)?.microseconds.toFixed(1) ?? '–';
  return table(
    ['Through', ...spacings.map((spacing) => `every ${spacing} ms`)],
    names.map((name) => [called[name], ...spacings.map((spacing) => cost(name, spacing))]),
  );
}

export const loadSections = (findings: LoadFindings): string => `## Whole answers

Latencies are what is added to the provider's own, in its line given in full. CPU is the gateway's process, user and system, for a
request.

${loadTable(findings.cells, 'whole')}

## Streamed answers

${loadScript.chunks} chunks each, as fast as they go.

${loadTable(findings.cells, 'streamed')}

## First byte of a stream

One connection, one stream after the other.

${firstByteTable(findings)}

## CPU for a streamed chunk, in microseconds

What a stream of ${longStream} chunks costs more than one of ${shortStream}, ${streamsAtATime} streams at a time. Chunks that come one by one are read and written one by
one, as a model's are; when they come faster than the process can take them, they share reads and writes.

${chunkTable(findings)}
`;
