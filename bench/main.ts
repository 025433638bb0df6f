/**
 * `npm run bench`: what the gateway costs, side by side with the provider alone, a
 * bare pipe and Portkey, and what is seen of an outage. Prints the tables and writes
 * them to bench/results.md. It takes about nine minutes; with `--quick` three, and the
 * figures are rough. `--only outage,round-trips` measures those parts alone, and only prints.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { admissionSpeeds } from './admissions.ts';
import { baseURLOf, root, startOwn } from './child.ts';
import { coldImports } from './cold-imports.ts';
import { startContenders } from './contenders.ts';
import { countRoundTrips } from './count-round-trips.ts';
import { featureCosts } from './features.ts';
import { machine, watchPressure } from './machine.ts';
import { outages } from './outage.ts';
import { type InstalledPortkey, installPortkey } from './portkey.ts';
import { report } from './report.ts';
import { chunkCosts, firstBytes, type LoadFindings, pacedMs, underLoad } from './side-by-side.ts';
import { startUpMs } from './start-up.ts';
import type { Findings } from './targets.ts';

const efforts = {
  full: { rounds: 5, seconds: 2, featureSeconds: 1, firstByteRequests: 40, imports: 10, starts: 5, admissions: 2_000 },
  quick: { rounds: 1, seconds: 1, featureSeconds: 1, firstByteRequests: 20, imports: 5, starts: 1, admissions: 1_000 },
};

const { quick, only } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
}).values;
const effort = quick ? efforts.quick : efforts.full;
const { rounds, seconds } = effort;

type Tools = { readonly providerURL: string; portkey(): Promise<InstalledPortkey> };

async function sideBySide({ providerURL, portkey }: Tools): Promise<LoadFindings> {
  const { all, stop } = await startContenders(providerURL, await portkey());
  try {
    return {
      cells: await underLoad(all, { rounds, seconds }),
      firstBytes: await firstBytes(all, { rounds, requests: effort.firstByteRequests }),
      chunkCosts: await chunkCosts(all, { rounds: rounds + 1, spacings: [pacedMs, 1] }),
    };
  } finally {
    await stop();
  }
}

/** By the names that `--only` knows them by. */
const parts: Readonly<Record<string, (tools: Tools) => Promise<Findings>>> = {
  imports: async () => ({ imports: await coldImports(effort.imports) }),
  load: async (tools) => ({ load: await sideBySide(tools) }),
  'round-trips': async ({ providerURL }) => ({ roundTrips: await countRoundTrips(providerURL) }),
  features: async ({ providerURL }) => ({
    features: await featureCosts(providerURL, { rounds, seconds: effort.featureSeconds }),
  }),
  outage: async ({ portkey }) => ({ outages: await outages(await portkey()) }),
  admissions: async () => ({ admissions: await admissionSpeeds({ rounds, count: effort.admissions }) }),
  start: async ({ providerURL }) => ({ startUpMs: await startUpMs(providerURL, effort.starts) }),
};

const wanted = only?.split(',') ?? Object.keys(parts);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) throw new Error(`--only knows ${Object.keys(parts).join(', ')}; not ${unknown.join(', ')}`);

const pressure = watchPressure();
const provider = await startOwn('scripted-provider.ts');
let installed: InstalledPortkey | undefined;
const portkey = async () => {
  installed ??= await installPortkey();
  return installed;
};
try {
  let findings: Findings = {};
  for (const name of wanted) {
    const startedAtMs = performance.now();
    findings = { ...findings, ...(await parts[name]?.({ providerURL: baseURLOf(provider), portkey })) };
    process.stderr.write(`${name}: ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s\n`);
  }
  const page = report({ machine: machine(), findings, pressure: pressure(), quick });
  if (only === undefined) writeFileSync(join(root, 'bench/results.md'), page);
  process.stdout.write(page);
} finally {
  installed?.remove();
  await provider.stop();
}
