/** Many sweeps at once in a process of its own; prints how many messages they published. */
import { documentClient } from '../../../shared/dynamo/client.ts';
import { fireSpendAlerts } from '../../../shared/spend-alerts/fire.ts';
import { dynamoSpendAlertStore } from '../../../shared/spend-alerts/spend-alert-store.ts';

const [endpoint = '', tableName = '', scope = '', spentMicroUsd = '', at = '', sweeps = ''] = process.argv.slice(2);
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: endpoint });
const nowMs = Number(at);
let published = 0;
const failed = () => {
  process.exitCode = 1;
};
const deps = {
  alerts: dynamoSpendAlertStore(db, tableName),
  projects: { get: async () => undefined } as never,
  organization: {} as never,
  notify: {
    publish: async () => {
      published++;
    },
  },
  log: { info: () => {}, warn: () => {}, error: failed },
  now: () => nowMs,
  newId: (prefix: string) => `${prefix}${process.pid}_${Math.random()}`,
};
const spend = { scope, month: new Date(nowMs).toISOString().slice(0, 7), spentMicroUsd: Number(spentMicroUsd) };
await Promise.all(Array.from({ length: Number(sweeps) }, () => fireSpendAlerts(deps, spend)));
process.stdout.write(String(published));
db.destroy();
