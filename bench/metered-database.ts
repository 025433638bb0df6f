/**
 * A proxy in front of DynamoDB that writes down each call, when it was made, and the capacity units that it is billed
 * for. Calls of the queues' table are passed on only: it stands in for SQS, and is looked at once a second.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { localQueueTableName } from '../infra/local/machine.ts';
import { type Relay, startRelay } from './relay.ts';

export type Step = {
  readonly name: string;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
};

/** Nothing is slower than the way to a database next door, so here it takes some time: what waits for an answer is told from what does not. */
const answersAfterMs = 25;

const reading = ['GetItem', 'Query', 'BatchGetItem', 'TransactGetItems'];

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
}

type Consumed = { readonly CapacityUnits?: number };

/** DynamoDB tells one table's consumption as an object, and several as a list. A write that fails its condition is billed, and not told. */
function unitsOf(answer: Buffer, ok: boolean): number {
  if (!ok) return 1;
  const { ConsumedCapacity: consumed = [] } = JSON.parse(answer.toString() || '{}') as {
    ConsumedCapacity?: Consumed | readonly Consumed[];
  };
  return [consumed].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}

export const startMeteredDatabase = (target: string, seen: Step[]): Promise<Relay> =>
  startRelay(target, async (request, response, passOn) => {
    const startedAtMs = performance.now();
    const name = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    const asked = { ...JSON.parse((await bodyOf(request)).toString()), ReturnConsumedCapacity: 'TOTAL' };
    const isOfQueues = asked.TableName === localQueueTableName;
    const body = Buffer.from(JSON.stringify(asked));
    const step = { name, readUnits: 0, writeUnits: 0, startedAtMs, endedAtMs: Number.POSITIVE_INFINITY };
    if (!isOfQueues) seen.push(step);
    const passed = passOn({ 'content-length': body.length }).on('response', async (answer) => {
      const text = await bodyOf(answer);
      const units = unitsOf(text, answer.statusCode === 200);
      if (reading.includes(name)) step.readUnits = units;
      else step.writeUnits = units;
      await sleep(answersAfterMs);
      step.endedAtMs = performance.now();
      // The checksum that DynamoDB sends is of what it has sent.
      response.writeHead(answer.statusCode ?? 502, answer.headers).end(text);
    });
    passed.end(body);
  });
