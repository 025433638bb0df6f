/**
 * `npm run bench`: what the gateway costs, side by side with the provider alone, a
 * bare pipe and Portkey. Prints the tables and writes them to bench/results.md.
 * With `--quick` it takes about a minute and a half, and the figures are rough.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { admissionSpeeds } from './admissions.ts';
import { root } from './child.ts';
import { coldImports } from './cold-imports.ts';
import { startContenders } from './contenders.ts';
import { machine, watchPressure } from './machine.ts';
import { report } from './report.ts';
import { countRoundTrips } from './round-trips.ts';
import { chunkCosts, firstBytes, underLoad } from './side-by-side.ts';
import { startUpMs } from './start-up.ts';
import { pacedMs } from './targets.ts';

const efforts = {
  full: { rounds: 5, seconds: 2, firstByteRequests: 40, imports: 10, starts: 5, admissions: 2_000 },
  quick: { rounds: 1, seconds: 1, firstByteRequests: 20, imports: 5, starts: 1, admissions: 1_000 },
};

const quick = process.argv.includes('--quick');
const effort = quick ? efforts.quick : efforts.full;
const { rounds, seconds } = effort;

async function step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  process.stderr.write(`${what} …\n`);
  return work();
}

const pressure = watchPressure();
const imports = await step('Importing the functions', () => coldImports(effort.imports));
const contenders = await step('Installing Portkey and starting everything', startContenders);
try {
  const { all, providerURL } = contenders;
  const findings = {
    imports,
    cells: await step('Load', () => underLoad(all, { rounds, seconds })),
    firstBytes: await step('First bytes', () => firstBytes(all, { rounds, requests: effort.firstByteRequests })),
    chunkCosts: await step('Chunks', () => chunkCosts(all, { rounds: rounds + 1, spacings: [pacedMs, 1] })),
    roundTrips: await step('Calls of DynamoDB', () => countRoundTrips(providerURL)),
    admissions: await step('Admissions', () => admissionSpeeds({ rounds, count: effort.admissions })),
    startUpMs: await step('Starts', () => startUpMs(providerURL, effort.starts)),
  };
  const page = report({ machine: machine(), findings, pressure: pressure(), quick });
  writeFileSync(join(root, 'bench/results.md'), page);
  process.stdout.write(page);
} finally {
  await contenders.stop();
}
