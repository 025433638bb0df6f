/**
 * How long a usage report takes, and in how much memory. `node bench/usage-report.ts`
 * makes one of a month of a million rows after a month of a million, over 10,000 keys,
 * from a ledger that is made up as it is read; `--rows`, `--keys` and `--projects` change
 * that, `--dynoxide` puts the rows into a real engine first, and `--write FILE` keeps the page.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { createTables, type TableNames } from '../infra/local/create-tables.ts';
import { startDynoxide } from '../infra/local/dynoxide.ts';
import { documentClient } from '../shared/dynamo/client.ts';
import { apiKeySchema } from '../shared/keys/api-key.ts';
import { projectSchema } from '../shared/projects/project.ts';
import { csvOf } from '../shared/report/csv.ts';
import { makeReport } from '../shared/report/make-report.ts';
import { pageOf } from '../shared/report/page.ts';
import { lastMonth } from '../shared/report/period.ts';
import { tableNames } from '../shared/tables.ts';
import { dynamoUsageStore, type UsageStore } from '../shared/usage/usage-store.ts';
import { type MadeUp, madeUpLedger } from './made-up-ledger.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    keys: { type: 'string', default: '10000' },
    projects: { type: 'string', default: '40' },
    dynoxide: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
});
const [rows, keyCount, projectCount] = [Number(options.rows), Number(options.keys), Number(options.projects)];

const now = Date.parse('2026-12-01T01:00:00Z');
const period = lastMonth(now);
const monthMs = period.toMs - period.fromMs;
const made: MadeUp = {
  everyMs: Math.round((monthMs / rows) * projectCount),
  keysPerProject: Math.ceil(keyCount / projectCount),
};

const createdAt = 1_770_000_000;
const projects = Array.from({ length: projectCount }, (_, index) =>
  projectSchema.parse({ id: `proj_${index}`, name: `Project ${index}`, createdAt, archivedAt: null }),
);
const keysOf = (projectId: string) =>
  Array.from({ length: made.keysPerProject }, (_, index) =>
    apiKeySchema.parse({
      id: `key_${projectId}_${index}`,
      projectId,
      serviceAccountId: `svc_${projectId}`,
      name: `Key ${index}`,
      scopes: [],
      redactedValue: 'sk-…',
      createdAt,
      expiresAt: null,
      lastUsedAt: null,
    }),
  );

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Puts the made-up rows of both months into an engine, and reads them from there. */
async function stored(): Promise<{ usage: Pick<UsageStore, 'between'>; stop: () => Promise<void> }> {
  const dynoxide = await startDynoxide(null);
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: dynoxide.endpoint });
  const names = Object.fromEntries(tableNames.map((name) => [name, name])) as TableNames;
  await createTables(db, names);
  const startedAt = performance.now();
  const queue = projects.map(({ id }) => id);
  const write = async (batch: object[]) => {
    const puts = batch.map((Item) => ({ PutRequest: { Item } }));
    await db.send(new BatchWriteCommand({ RequestItems: { [names.usage]: puts } }));
  };
  const worker = async () => {
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      let batch: object[] = [];
      for await (const row of madeUpLedger(made).between(id, period.fromMs - monthMs, period.toMs)) {
        const at = new Date(row.startedAtMs).toISOString();
        batch.push({ projectDay: `${id}#${at.slice(0, 10)}`, position: `${at}#${row.id}`, ...row });
        if (batch.length === 25) await write(batch.splice(0));
      }
      if (batch.length > 0) await write(batch);
      batch = [];
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  say(`rows written to Dynoxide in ${seconds(startedAt)}`);
  const stop = async () => {
    db.destroy();
    await dynoxide.stop();
  };
  return { usage: dynamoUsageStore(db, names.usage), stop };
}

const { usage, stop } = options.dynoxide ? await stored() : { usage: madeUpLedger(made), stop: async () => {} };
let read = 0;
const counted: Pick<UsageStore, 'between'> = {
  async *between(...range) {
    for await (const row of usage.between(...range)) {
      read += 1;
      yield row;
    }
  },
};

const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
const report = await makeReport(
  {
    usage: counted,
    violations: { async *within() {} },
    projects: { list: async () => ({ items: projects, hasMore: false }) },
    keys: { list: async (projectId) => ({ items: keysOf(projectId), hasMore: false }) },
    organization: { get: async () => ({ spendLimitMicroUsd: 50_000_000_000 }) },
    now: () => now,
  },
  period,
);
const page = pageOf(report);
const csv = csvOf(report);
const took = seconds(startedAt);
const { user, system } = process.cpuUsage(cpuBefore);
say(`${report.total.requests} rows in the month, ${read} read in all, ${report.keys.length} keys`);
say(`${took}, of processor time ${((user + system) / 1e6).toFixed(1)} s`);
say(`${Math.round(process.resourceUsage().maxRSS / 1024)} MB resident at the most`);
say(`page ${Math.round(page.length / 1024)} kB, CSV ${Math.round(csv.length / 1024)} kB`);
say(`${report.check.compared} sums compared with the API, ${report.check.differences.length} differ`);
if (options.write) writeFileSync(options.write, page);
await stop();
