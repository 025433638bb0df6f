/** Many lines with gateways killed at random, messages delivered twice and a provider that fails; then a look at what was answered, asked and paid. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { localQueueTableName, localTableNames } from '../../infra/local/machine.ts';
import { documentClient } from '../../shared/dynamo/client.ts';
import { dynamoUsageStore } from '../../shared/usage/usage-store.ts';
import { batchScene, begun, ended, inputOf, linesOf, type OutputLine, type Scene } from './scene.ts';

export type Finding = { readonly what: string; readonly found: string; readonly wrong: boolean };

export type Killed = {
  readonly lines: number;
  readonly kills: number;
  readonly duplicates: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
};

const gatewayCount = 3;
const failingShare = 0.05;

type Database = ReturnType<typeof documentClient>;

const again = '-again-';

/** Every message that lies in the queue once more. */
async function duplicated(db: Database): Promise<number> {
  const { Items = [] } = await db.send(new ScanCommand({ TableName: localQueueTableName }));
  const messages = Items.filter(({ queue, id }) => queue === 'batches' && !String(id).includes(again));
  for (const [index, item] of messages.entries()) {
    const copy = { ...item, id: `${item['id']}${again}${index}`, visibleAtMs: Date.now(), receives: 0 };
    await db.send(new PutCommand({ TableName: localQueueTableName, Item: copy }));
  }
  return messages.length;
}

async function harassed(scene: Scene, db: Database, kills: number, isOver: () => boolean) {
  let done = 0;
  let duplicates = 0;
  while (done < kills && !isOver()) {
    await sleep(1_000 + Math.random() * 4_000);
    if (isOver()) break;
    duplicates += await duplicated(db);
    await scene.gateways.killOne();
    done += 1;
  }
  return { kills: done, duplicates };
}

const timesOf = (values: readonly string[]): Map<string, number> => {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return times;
};

const saysItsLine = ({ custom_id, response }: OutputLine): boolean =>
  JSON.stringify(response?.body ?? null).includes(`answer to line ${custom_id.replace('line-', '')}"`);

export async function killed(folder: string, lines: number, most: number): Promise<Killed> {
  const scene = await batchScene({ folder, gateways: gatewayCount, failingShare });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: scene.endpoint });
  const beganMs = Date.now();
  try {
    const id = await begun(scene.client, inputOf(lines));
    let isOver = false;
    const harassing = harassed(scene, db, most, () => isOver);
    let fellBack = false;
    let before = 0;
    const batch = await ended(scene.client, id, ({ request_counts: { completed = 0, failed = 0 } = {} }) => {
      fellBack ||= completed + failed < before;
      before = completed + failed;
    });
    const seconds = (Date.now() - beganMs) / 1000;
    isOver = true;
    const { kills, duplicates } = await harassing;
    // What the last calls have cost is written down after their answers.
    await sleep(3_000);

    const output = await linesOf(scene.client, batch.output_file_id);
    const errors = await linesOf(scene.client, batch.error_file_id);
    const times = timesOf([...output, ...errors].map(({ custom_id }) => custom_id));
    const told = await scene.told();
    const usage = dynamoUsageStore(db, localTableNames.usage);
    const rows = [];
    for await (const row of usage.between(scene.projectId, beganMs - 60_000, Date.now() + 60_000, 'latest'))
      rows.push(row);
    const paid = rows.filter((row) => row.state === 'settled' && row.outcome === 'succeeded');
    const open = rows.filter(({ state }) => state === 'open');
    // Let in, and then there was nobody to ask: the only provider had asked for a pause.
    const asking = rows.filter((row) => row.state === 'open' || row.outcome !== 'unasked');
    const answeredTwice = Object.values(told.answered).filter((count) => count > 1).length;
    const { completed = 0, failed = 0, total = 0 } = batch.request_counts ?? {};
    const finding = (what: string, found: string | number, right: boolean): Finding => ({
      what,
      found: String(found),
      wrong: !right,
    });
    return {
      lines,
      kills,
      duplicates,
      seconds,
      findings: [
        finding('status', batch.status, batch.status === 'completed'),
        finding('custom ids in the two files', times.size, times.size === lines),
        finding(
          'lines that stand there more than once',
          [...times.values()].filter((n) => n > 1).length,
          times.size === output.length + errors.length,
        ),
        finding(
          'answers that are of another line',
          output.filter((line) => !saysItsLine(line)).length,
          output.every(saysItsLine),
        ),
        finding(
          'request_counts',
          `${completed} + ${failed} = ${total}`,
          completed === output.length && failed === errors.length && total === lines,
        ),
        finding('request_counts ever fell', String(fellBack), !fellBack),
        finding('lines in the error file', errors.length, errors.length < lines / 100),
        finding('calls that reached the provider', told.asked, told.asked >= lines),
        // Each is in the ledger, and besides them what was killed before it asked.
        finding(
          'attempts in the ledger that may have asked it',
          asking.length,
          asking.length >= told.asked && asking.length <= told.asked + open.length,
        ),
        finding(
          'lines let in while it had asked for a pause: they asked nobody, and cost nothing',
          rows.length - asking.length,
          true,
        ),
        finding(
          'answers paid',
          paid.length,
          paid.length >= output.length && paid.length <= output.length + answeredTwice,
        ),
        finding(
          'lines that the provider answered more than once, their gateway having been killed before it wrote the answer down',
          answeredTwice,
          answeredTwice <= kills * 100,
        ),
        finding('attempts of the dead, for the sweep to close at their bound', open.length, open.length <= kills * 100),
      ],
    };
  } finally {
    db.destroy();
    await scene.stop();
  }
}
