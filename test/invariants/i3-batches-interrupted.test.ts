/** I3: whatever happens to a batch between any two steps of its worker, it ends, and every line stands in one file, once. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type OpenAI from 'openai';
import { batchLaneDeps } from '../../shared/batch-deps.ts';
import { filesOf, objectsOf } from '../../shared/file-deps.ts';
import { chatLine, ended, filesOfBatch, newBatch } from '../support/batch-scene.ts';
import type { Tenant } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

let planned: { readonly at: number; readonly happens: () => Promise<unknown> } | null = null;
let steps = 0;

/** Something happens right before a step of a worker. */
const interrupted = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: unknown) => {
        steps += 1;
        if (planned && steps >= planned.at) {
          const { happens } = planned;
          planned = null;
          await happens();
        }
        return target.send(command as never);
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: interrupted(db), onceDb: interrupted(onceDb) }) });
afterEach(() => {
  planned = null;
});

const lines = Array.from({ length: 4 }, (_, i) => chatLine(`c${i}`));

type Event = {
  readonly happens: (tenant: Tenant, batch: OpenAI.Batch) => Promise<unknown>;
  readonly endsAs: readonly string[];
  /** What is not run stands in the error file. */
  readonly hasAll?: false;
};

const admin = () => on().gateway.admin().admin.organization;

const events: Readonly<Record<string, Event>> = {
  'it is cancelled': {
    happens: ({ client }, { id }) => client.batches.cancel(id).catch(() => null),
    endsAs: ['cancelled', 'completed'],
  },
  'its time is over': {
    happens: async () => {
      on().gateway.clock.nowMs += 86_400_000;
    },
    endsAs: ['expired', 'completed'],
  },
  'it is cancelled when its time is over': {
    happens: async ({ client }, { id }) => {
      on().gateway.clock.nowMs += 86_400_000;
      await client.batches.cancel(id).catch(() => null);
    },
    endsAs: ['cancelled', 'expired', 'completed'],
  },
  'its input file is deleted': {
    happens: async ({ projectId }, { input_file_id }) => {
      const { live } = on().gateway;
      const file = await filesOf(live).get(projectId, input_file_id);
      await filesOf(live).delete(projectId, input_file_id);
      await objectsOf(live).delete(file?.objectKey ?? '');
    },
    endsAs: ['failed', 'completed'],
    hasAll: false,
  },
  'its project is archived': {
    happens: ({ projectId }) => admin().projects.archive(projectId),
    endsAs: ['failed', 'completed'],
  },
  'its worker is taken for dead, and another comes': {
    happens: async () => {
      on().gateway.clock.nowMs += 61_000;
      await on().gateway.runQueue('batches');
    },
    endsAs: ['completed'],
  },
  'its worker is taken for dead, and another comes when it is cancelled': {
    happens: async ({ client }, { id }) => {
      on().gateway.clock.nowMs += 61_000;
      await client.batches.cancel(id).catch(() => null);
      await on().gateway.runQueue('batches');
    },
    endsAs: ['cancelled', 'completed'],
  },
};

/** A worker's steps from its message to the end of the batch are about sixty. */
const cases = Object.entries(events).flatMap(([what, event], which) =>
  Array.from({ length: 11 }, (_, i) => [what, 1 + i * 6 + ((which * 2 + i) % 6), event] as const),
);

test.each(cases)('%s at step %i', async (_what, at, { happens, endsAs, hasAll = true }) => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const batch = await newBatch(gateway, tenant, lines);
  steps = 0;
  planned = { at, happens: () => happens(tenant, batch) };
  await gateway.runQueue('batches');
  await gateway.idle();
  planned = null;
  const { batches, lanes } = batchLaneDeps(gateway.live);
  const isOver = async () => (await batches.unfinished(tenant.projectId)).length === 0;
  for (let times = 0; times < 20 && !(await isOver()); times += 1) {
    gateway.clock.nowMs += 21 * 60_000;
    await gateway.runSchedule('sweep');
    await gateway.runQueue('batches');
  }
  const stored = await batches.get({ projectId: tenant.projectId, id: batch.id });
  expect(endsAs).toContain(stored?.status);
  expect(stored?.atWork).toBe(0);
  const files = await filesOfBatch(gateway, tenant.projectId, {
    ...batch,
    output_file_id: stored?.outputFileId ?? undefined,
    error_file_id: stored?.errorFileId ?? undefined,
  } as OpenAI.Batch);
  expect(new Set(files.all).size).toBe(files.all.length);
  expect([stored?.completed, stored?.failed]).toEqual([files.output.length, files.errors.length]);
  // One that was not validated has no lines yet.
  if (hasAll) expect(files.all).toHaveLength(stored?.total ?? 0);
  if (stored?.status === 'completed') expect(files.output).toHaveLength(lines.length);
  // Nothing of it is in anybody's hand.
  expect((await lanes.all(tenant.projectId)).filter(({ inHand }) => inHand !== undefined)).toEqual([]);
  // And the next one of the project is not held up.
  if (endsAs.includes('failed') && hasAll) return;
  const next = await newBatch(gateway, tenant, lines);
  expect(await ended(gateway, tenant.client, next.id)).toMatchObject({ status: 'completed' });
});
