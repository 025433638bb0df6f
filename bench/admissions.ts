/** How many calls of one project are let in and settled a second, against the bare writes that they are made of. */
import { createTables, type TableNames } from '../infra/local/create-tables.ts';
import { startDynoxide } from '../infra/local/dynoxide.ts';
import { type Admission, createAdmission } from '../shared/admission/admission.ts';
import { dynamoAdmissionStore } from '../shared/admission/admission-store.ts';
import type { Asked } from '../shared/admission/decide.ts';
import type { Held } from '../shared/admission/meters.ts';
import { noChange } from '../shared/admission/update.ts';
import { documentClient } from '../shared/dynamo/client.ts';
import { projectPolicySchema } from '../shared/limits/limits.ts';
import { tableNames } from '../shared/tables.ts';
import { median } from './statistics.ts';

export type AdmissionSpeed = { readonly what: string; readonly perSecond: number; readonly cpuMs: number };

const names = Object.fromEntries(tableNames.map((name) => [name, `bench-${name}`])) as TableNames;
const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };

/** Far above what is asked for, so that every call is let in, by the same condition as any. */
const policy = projectPolicySchema.parse({
  limits: { requestsPerMinute: 600_000_000, tokensPerMinute: 900_000_000 },
  spendLimitMicroUsd: 1_000_000_000_000,
});
const held: Held = {
  projectId: 'proj_bench',
  apiKeyId: 'key_bench',
  policy,
  keyPolicy: { limits: {}, spendLimitMicroUsd: null },
  organization: { spendLimitMicroUsd: null },
};
const asked: Asked = {
  inputTokens: 500,
  output: { max: 100, stated: true, choices: 1, predicted: 0 },
  prices: [{ input: 150_000, output: 600_000 }],
  stream: false,
};

const atATime = 32;

async function timed(what: string, count: number, work: () => Promise<unknown>): Promise<AdmissionSpeed> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { what, perSecond: count / seconds, cpuMs: (user + system) / 1000 / count };
}

export async function admissionSpeeds({ rounds, count }: { readonly rounds: number; readonly count: number }) {
  const dynoxide = await startDynoxide(null);
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: dynoxide.endpoint });
  try {
    await createTables(db, names);
    const store = dynamoAdmissionStore(db, db, names.admission);
    const log = { info() {}, warn() {}, error() {} };
    const admission: Admission = createAdmission({ store, log, now: Date.now, pick: () => 0, epochSeconds: 600 });
    const row = { startedAtMs: Date.now(), write: async () => {}, takeBack: async () => {} };
    const holds: Awaited<ReturnType<Admission['admit']>>['hold'][] = [];
    const kinds: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['a bare write of one item', () => store.once('bare', { ...noChange, add: { n: 1 } })],
      ['let in', async () => holds.push((await admission.admit(held, 'model', asked, row)).hold)],
      [
        'settled',
        async () => {
          const hold = holds.pop();
          if (hold)
            await admission.settle(held.projectId, { ...held, model: 'model' }, hold, { microUsd: 100, tokens: 550 });
        },
      ],
    ];
    const speeds: AdmissionSpeed[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const [what, work] of kinds) speeds.push(await timed(what, count, work));
    }
    return kinds.map(([what]) => {
      const of = speeds.filter((speed) => speed.what === what);
      return {
        what,
        perSecond: median(of.map(({ perSecond }) => perSecond)),
        cpuMs: median(of.map(({ cpuMs }) => cpuMs)),
      };
    });
  } finally {
    db.destroy();
    await dynoxide.stop();
  }
}
