/** I3, under an Idempotency-Key: whichever write fails or has its answer lost, a call that was answered is asked and charged once. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import { expectTrueBooks } from './support/books.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

type Fault = { readonly write: number; readonly isApplied: boolean };

let fault: Fault | null = null;
let writes = 0;
const written = new Set(['UpdateCommand', 'PutCommand', 'DeleteCommand']);
const broken = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

const faulty = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: { constructor: { name: string }; input: { TableName?: string } }) => {
        const name = command.input.TableName ?? '';
        const counts = written.has(command.constructor.name) && /-(usage|admission|idempotency)$/.test(name);
        if (!fault || !counts) return target.send(command as never);
        writes += 1;
        if (writes !== fault.write) return target.send(command as never);
        if (fault.isApplied) await target.send(command as never);
        throw broken();
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: faulty(db), onceDb: faulty(onceDb) }) });
afterEach(() => {
  fault = null;
});

/** Counters, row and claim before the call; row, answer and counters after it. */
const faults = [1, 2, 3, 4, 5, 6].flatMap((write) => [true, false].map((isApplied) => ({ write, isApplied })));

describe.each([
  ['whole', false],
  ['streamed', true],
])('%s', (_, stream) => {
  test.each(faults)('write $write, applied: $isApplied', async (planned) => {
    const { gateway, provider, database } = on();
    const { projectId, client } = await gateway.tenant();
    await holdTo(database, projectId, {
      limits: { requestsPerMinute: 600, tokensPerMinute: 600_000 },
      spendLimitMicroUsd: 1_000_000,
      concurrentStreams: 5,
    });
    const ask = async (): Promise<boolean> => {
      const options = { headers: { 'Idempotency-Key': 'the-same' } };
      const answered = await (stream
        ? client.chat.completions.stream(question, options).finalContent()
        : client.chat.completions.create(question, options)
      ).then(
        () => true,
        () => false,
      );
      await gateway.idle();
      return answered;
    };
    await client.models.list();
    provider.asked.length = 0;
    writes = 0;
    fault = planned;
    const first = await ask();
    fault = null;
    expect(provider.asked).toHaveLength(first ? 1 : 0);
    expect(await ask()).toBe(true);
    // Of an answer that could not be kept nobody knows, and the call is made anew.
    const kept = first && (planned.write !== 5 || planned.isApplied);
    expect(provider.asked).toHaveLength(first && !kept ? 2 : 1);

    const { nowMs } = gateway.clock;
    const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
    await house.sweepAt(muchLater(nowMs));
    const rows = await expectTrueBooks(house, projectId, nowMs);
    const made = rows.filter((row) => row.state === 'settled' && row.settledBy === 'gateway');
    expect(made.length).toBeLessThanOrEqual(provider.asked.length);
  });
});
