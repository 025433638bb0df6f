/** The findings as Markdown, which reads well enough in a terminal, too. */
import type { Name } from './contenders.ts';
import type { Machine } from './machine.ts';
import { portkeyVersion } from './portkey.ts';
import { dollarsPerMillion, listPrices, provider, unitsOf } from './round-trips.ts';
import { type Cell, connectionCounts, loadScript, longStream, shortStream, streamsAtATime } from './side-by-side.ts';
import { type Findings, verdicts } from './targets.ts';

export type Report = {
  readonly machine: Machine;
  readonly findings: Findings;
  /** Share of the time in which somebody waited for a processor. */
  readonly pressure: number;
  readonly quick: boolean;
};

const called: Record<Name, string> = {
  direct: 'the provider, called directly',
  pipe: 'a bare pipe',
  portkey: 'Portkey',
  sluice: 'Sluice',
};

/** Columns padded to the widest, so that the source can be read as well. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

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

function chunkTable({ chunkCosts }: Findings): string {
  const spacings = [...new Set(chunkCosts.map(({ spacingMs }) => spacingMs))];
  const names = [...new Set(chunkCosts.map(({ name }) => name))];
  const cost = (name: Name, spacingMs: number) =>
    chunkCosts.find((one) => one.name === name && one.spacingMs === spacingMs)?.microseconds.toFixed(1) ?? '–';
  return table(
    ['Through', ...spacings.map((spacing) => `every ${spacing} ms`)],
    names.map((name) => [called[name], ...spacings.map((spacing) => cost(name, spacing))]),
  );
}

function importTable({ imports: { installedClient, bundledClient, functions } }: Findings): string {
  const kilobytes = (bytes: number) => (bytes / 1_000).toFixed(0);
  const ratio = (value: number, base: number) => (value / base).toFixed(2);
  const row = (name: string, size: string, importMs: number) => [
    name,
    size,
    importMs.toFixed(0),
    ratio(importMs, installedClient.importMs),
    ratio(importMs, bundledClient.importMs),
  ];
  return table(
    ['Function', 'kB', 'Import ms', 'to the client as installed', 'to the client in a bundle'],
    [
      row('DynamoDB client, as installed', '–', installedClient.importMs),
      row('DynamoDB client, in a bundle', kilobytes(bundledClient.bytes), bundledClient.importMs),
      ...functions.map(({ name, bytes, importMs }) => row(name, kilobytes(bytes), importMs)),
    ],
  );
}

export function report({ machine, findings, pressure, quick }: Report): string {
  const { cpu, cores, memoryGb, node } = machine;
  const direct = findings.firstBytes.find(({ name }) => name === 'direct');
  return `# Benchmark

\`npm run bench\` writes this page${quick ? ' (this one with `--quick`: few rounds, rough figures)' : ''}.

Measured on ${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, everything on this one machine: load, gateway, database and a
scripted provider, each a process of its own. Sluice runs as \`npm start\` runs it, with keys and metering. Portkey is
\`@portkey-ai/gateway\` ${portkeyVersion} with \`@hono/node-server\` 1.14.1, without keys and without metering. The contenders take turns
within every round; figures are medians of the rounds. While it ran, somebody waited for a processor ${(pressure * 100).toFixed(0)} % of the time: the
higher, the slower everybody looks, so compare columns rather than machines.

## Targets

${table(
  ['Target', 'Measured', 'Met?', ''],
  verdicts(findings).map(({ target, measured, met, remark }) => [target, measured, met ? 'yes' : '**no**', remark]),
)}

Why those are missed that are, and by what: docs/adr/0022.

## Whole answers

Latencies are what is added to the provider's own, in its line given in full. CPU is the gateway's process, user and system, for a
request.

${loadTable(findings.cells, 'whole')}

## Streamed answers

${loadScript.chunks} chunks each, as fast as they go.

${loadTable(findings.cells, 'streamed')}

## First byte of a stream

One connection, one stream after the other.

${table(
  ['Through', 'p50 ms', 'p95 ms'],
  findings.firstBytes.map(({ name, p50Ms, p95Ms }) =>
    name === 'direct'
      ? [called[name], p50Ms.toFixed(1), p95Ms.toFixed(1)]
      : [called[name], added(p50Ms, direct?.p50Ms ?? 0), added(p95Ms, direct?.p95Ms ?? 0)],
  ),
)}

## CPU for a streamed chunk, in microseconds

What a stream of ${longStream} chunks costs more than one of ${shortStream}, ${streamsAtATime} streams at a time. Chunks that come one by one are read and written one by
one, as a model's are; when they come faster than the process can take them, they share reads and writes.

${chunkTable(findings)}

## DynamoDB calls of a request

${table(
  ['Request', 'Calls, in order', 'Read units', 'Write units', '$ for a million'],
  findings.roundTrips.map((trips) => [
    trips.when,
    trips.steps.map(({ name }) => (name === provider ? '**provider**' : name)).join(', '),
    String(unitsOf(trips).read),
    String(unitsOf(trips).write),
    dollarsPerMillion(trips).toFixed(2),
  ]),
)}

Units as DynamoDB bills them, dollars at its list price on demand ($${listPrices.read} a million read units, $${listPrices.write} a million write units). No transactions.
Before the provider is asked, the counters and the ledger's row are written at the same time. Where the counters stand is
remembered by the instance; one that has not seen the project for a while may need a second write of the counters.

## Admissions of one project

One item of counters, 32 calls at a time, one process, the embedded database beside it on the same machine.

${table(
  ['', 'a second', 'CPU ms'],
  findings.admissions.map(({ what, perSecond, cpuMs }) => [what, perSecond.toFixed(0), cpuMs.toFixed(2)]),
)}

## Start

\`npm start\` on an empty data folder until \`GET /v1/health\` answers: ${findings.startUpMs.toFixed(0)} ms.

## Functions

Bundles as they are deployed, imported by a fresh process in the environment of a function.

${importTable(findings)}
`;
}
