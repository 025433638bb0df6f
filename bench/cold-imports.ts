/** Size and import time of each function's bundle, beside those of the DynamoDB client alone. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundleFunctions, resolvedConfigFile } from '../infra/build/bundle.ts';
import { noEventStreams } from '../infra/build/no-event-streams.ts';
import { readConfig, resolveConfig } from '../infra/build/resolve-config.ts';
import { queueNames, queueVariable } from '../shared/queues/queue.ts';
import { tableNames, tableVariable } from '../shared/tables.ts';
import { root } from './child.ts';
import { median } from './statistics.ts';

export type ColdImport = {
  readonly name: string;
  readonly bytes: number;
  readonly importMs: number;
};

export type ColdImports = {
  /** `@aws-sdk/client-dynamodb` as npm has installed it, many files and all. */
  readonly installedClient: Pick<ColdImport, 'importMs'>;
  /** The same in a bundle like the functions' own. */
  readonly bundledClient: ColdImport;
  readonly functions: readonly ColdImport[];
};

/** The client as every function makes it, in a bundle made like theirs. */
const clientAlone = `
  import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
  export const client = new DynamoDBClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
`;

async function bundleClient(folder: string): Promise<string> {
  const outfile = join(folder, 'dynamodb-client.mjs');
  // As in infra/build/bundle.ts.
  await build({
    stdin: { contents: clientAlone, resolveDir: root },
    absWorkingDir: root,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    alias: { '@aws-sdk/credential-provider-node': './infra/build/no-credential-chain.ts' },
    plugins: [noEventStreams],
    external: ['bowser'],
  });
  return outfile;
}

const lambdaVariables = (folder: string) => ({
  PATH: process.env['PATH'] ?? '',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  SLUICE_RESOLVED_CONFIG: join(folder, 'chat-completions', resolvedConfigFile),
  SLUICE_ADMIN_KEY: 'k'.repeat(32),
  SLUICE_PEPPERS: JSON.stringify({ '1': 'p'.repeat(64) }),
  NOTIFICATIONS_TOPIC: 'arn:aws:sns:us-east-1:000000000000:bench',
  REPORTS_BUCKET: 'bench',
  BODIES_BUCKET: 'bench',
  REQUEST_LOG_BUCKET: 'bench',
  ...Object.fromEntries(queueNames.map((name) => [queueVariable(name), 'https://sqs.us-east-1.amazonaws.com/1/bench'])),
  ...Object.fromEntries(tableNames.map((name) => [tableVariable(name), `sluice-${name}`])),
});

const run = promisify(execFile);

async function importMs(url: string, env: Record<string, string>): Promise<number> {
  const { stdout } = await run(process.execPath, ['bench/import-time.ts', url], { cwd: root, env });
  return Number(stdout);
}

export async function coldImports(rounds: number): Promise<ColdImports> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-bundles-'));
  try {
    const config = resolveConfig(readConfig(join(root, 'sluice.json')), { now: new Date() });
    const bundles = await bundleFunctions(folder, config);
    const clientFile = await bundleClient(folder);
    const timed = (url: string) => ({ url, times: [] as number[] });
    const installed = timed(import.meta.resolve('@aws-sdk/client-dynamodb'));
    const client = { name: 'client', bytes: statSync(clientFile).size, ...timed(pathToFileURL(clientFile).href) };
    const functions = Object.entries(bundles).map(([name, bundle]) => ({
      name,
      bytes: bundle.bytes,
      ...timed(pathToFileURL(join(bundle.folder, 'index.mjs')).href),
    }));

    const variables = lambdaVariables(folder);
    for (let round = 0; round < rounds; round++) {
      for (const { url, times } of [installed, client, ...functions]) times.push(await importMs(url, variables));
    }
    const measured = ({ name, bytes, times }: typeof client): ColdImport => ({ name, bytes, importMs: median(times) });
    return {
      installedClient: { importMs: median(installed.times) },
      bundledClient: measured(client),
      functions: functions.map(measured).sort((a, b) => b.importMs - a.importMs),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
