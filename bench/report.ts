/** The findings as Markdown, which reads well enough in a terminal, too. */
import type { AdmissionSpeed } from './admissions.ts';
import type { ColdImports } from './cold-imports.ts';
import type { Machine } from './machine.ts';
import { table } from './markdown.ts';
import { portkeyVersion } from './portkey.ts';
import { loadSections } from './report-load.ts';
import { featureSection, outageSection } from './report-resilience.ts';
import { dollarsPerMillion, listPrices, provider, type RoundTrips, roundsOf, unitsOf } from './round-trips.ts';
import { type Findings, type Verdict, verdicts } from './targets.ts';

export type Report = {
  readonly machine: Machine;
  readonly findings: Findings;
  /** Share of the time in which somebody waited for a processor. */
  readonly pressure: number;
  readonly quick: boolean;
};

const targetSection = (reached: readonly Verdict[]): string => `## Targets

${table(
  ['Target', 'Measured', 'Met?', ''],
  reached.map(({ target, measured, met, remark }) => [target, measured, met ? 'yes' : '**no**', remark]),
)}

Why those are missed that are, and by what: docs/adr/0022.
`;

const roundTripSection = (roundTrips: readonly RoundTrips[]): string => `## DynamoDB calls of a request

${table(
  ['Request', 'Calls, in order', 'Read units', 'Write units', '$ for a million'],
  roundTrips.map((trips) => [
    trips.when,
    roundsOf(trips)
      .map((round) => round.map(({ name }) => (name === provider ? '**provider**' : name)).join(' + '))
      .join(', '),
    String(unitsOf(trips).read),
    String(unitsOf(trips).write),
    dollarsPerMillion(trips).toFixed(2),
  ]),
)}

Units as DynamoDB bills them, dollars at its list price on demand ($${listPrices.read} a million read units, $${listPrices.write} a million write units). No transactions.
Calls with a + between them were on their way at the same time. Where the counters stand is remembered by the instance; one that has not seen the
project for a while may need a second write of the counters.
`;

const admissionSection = (admissions: readonly AdmissionSpeed[]): string => `## Admissions of one project

One item of counters, 32 calls at a time, one process, the embedded database beside it on the same machine.

${table(
  ['', 'a second', 'CPU ms'],
  admissions.map(({ what, perSecond, cpuMs }) => [what, perSecond.toFixed(0), cpuMs.toFixed(2)]),
)}
`;

const startSection = (startUpMs: number): string => `## Start

\`npm start\` on an empty data folder until \`GET /v1/health\` answers: ${startUpMs.toFixed(0)} ms.
`;

function importSection({ installedClient, bundledClient, functions }: ColdImports): string {
  const kilobytes = (bytes: number) => (bytes / 1_000).toFixed(0);
  const ratio = (value: number, base: number) => (value / base).toFixed(2);
  const row = (name: string, size: string, importMs: number) => [
    name,
    size,
    importMs.toFixed(0),
    ratio(importMs, installedClient.importMs),
    ratio(importMs, bundledClient.importMs),
  ];
  return `## Functions

Bundles as they are deployed, imported by a fresh process in the environment of a function.

${table(
  ['Function', 'kB', 'Import ms', 'to the client as installed', 'to the client in a bundle'],
  [
    row('DynamoDB client, as installed', '–', installedClient.importMs),
    row('DynamoDB client, in a bundle', kilobytes(bundledClient.bytes), bundledClient.importMs),
    ...functions.map(({ name, bytes, importMs }) => row(name, kilobytes(bytes), importMs)),
  ],
)}
`;
}

const heading = ({ machine: { cpu, cores, memoryGb, node }, pressure, quick }: Report): string => `# Benchmark

\`npm run bench\` writes this page${quick ? ' (this one with `--quick`: few rounds, rough figures)' : ''}.

Measured on ${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, everything on this one machine: load, gateway, database and a
scripted provider, each a process of its own. Sluice runs as \`npm start\` runs it, with keys and metering. Portkey is
\`@portkey-ai/gateway\` ${portkeyVersion} with \`@hono/node-server\` 1.14.1, without keys and without metering. The contenders take turns
within every round; figures are medians of the rounds. While it ran, somebody waited for a processor ${(pressure * 100).toFixed(0)} % of the time: the
higher, the slower everybody looks, so compare columns rather than machines.
`;

/** A section for everything that was measured. */
export function report(all: Report): string {
  const { load, roundTrips, features, outages, admissions, startUpMs, imports } = all.findings;
  const reached = verdicts(all.findings);
  const sections = [
    heading(all),
    reached.length > 0 && targetSection(reached),
    load && loadSections(load),
    roundTrips && roundTripSection(roundTrips),
    features && featureSection(features),
    outages && outageSection(outages),
    admissions && admissionSection(admissions),
    startUpMs !== undefined && startSection(startUpMs),
    imports && importSection(imports),
  ];
  return sections.filter((section) => typeof section === 'string').join('\n');
}
