/** The composition root goes on: batches, and the workers that go through them. */
import { batchLineDeps } from './batch-line-deps.ts';
import type { LineDeps } from './batches/answer-lines.ts';
import { type BatchStore, dynamoBatchStore } from './batches/batch-store.ts';
import type { CreateBatchDeps } from './batches/create-batch.ts';
import { dynamoLaneStore, type LaneStore } from './batches/lane-store.ts';
import { dynamoLineStore } from './batches/line-store.ts';
import { dynamoTaskStore } from './batches/task-store.ts';
import type { WakeDeps } from './batches/wake.ts';
import type { WorkDeps } from './batches/work.ts';
import { createCatalogue } from './catalogue/catalogue.ts';
import type { ResolvedConfig } from './catalogue/resolved-config.ts';
import { bodiesOf, idsFrom, type Live, projectGateway, readCatalogue, table } from './deps.ts';
import { filesOf, objectsOf } from './file-deps.ts';
import { createCallerNow } from './keys/caller-of-key.ts';
import { dynamoKeyStore } from './keys/key-store.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { dynamoOrganizationStore } from './organization/organization-store.ts';
import { dynamoProjectStore } from './projects/project-store.ts';
import { queueOf } from './queue-deps.ts';

const batchesOf = (root: Live): BatchStore => dynamoBatchStore(root.db, table(root, 'batches'));
const lanesOf = (root: Live): LaneStore => dynamoLaneStore(root.db, table(root, 'batches'));

export type BatchesDeps = GatewayDeps & CreateBatchDeps;

export const batchesDeps = (root: Live): BatchesDeps => ({
  ...projectGateway(root),
  batches: batchesOf(root),
  files: filesOf(root),
  batchQueue: queueOf(root, 'batches'),
  maxUnfinished: readCatalogue(root.env).batches.maxUnfinished,
  newId: idsFrom(root.now),
});

/** All that a worker needs but the routes by whose rules lines are asked. */
export type BatchLaneDeps = Omit<WorkDeps, 'answerLine'> & { readonly lineDeps: LineDeps };

export function batchLaneDeps(root: Live): BatchLaneDeps {
  const { db, now, log } = root;
  const config = readCatalogue(root.env);
  const names = { batches: table(root, 'batches'), batchLines: table(root, 'batchLines') };
  const lines = dynamoLineStore(db, names.batchLines, bodiesOf(root));
  const projects = table(root, 'projects');
  return {
    lineDeps: batchLineDeps(root),
    catalogue: createCatalogue(config),
    batches: batchesOf(root),
    lanes: lanesOf(root),
    lines,
    tasks: dynamoTaskStore(root, names, lines),
    files: filesOf(root),
    objects: objectsOf(root),
    queue: queueOf(root, 'batches'),
    callerNow: createCallerNow({
      keys: dynamoKeyStore(db, table(root, 'keys')),
      projects: dynamoProjectStore(db, projects),
      organization: dynamoOrganizationStore(db, projects),
      now,
    }),
    laneCount: config.batches.lanes,
    linesAtOnce: config.batches.linesAtOnce,
    pause: root.pause,
    meanwhile: root.meanwhile,
    now,
    log,
    newId: idsFrom(now),
  };
}

/** Of the sweep. */
export const wakingOf = (root: Live, { batches }: ResolvedConfig): WakeDeps => ({
  batches: batchesOf(root),
  lanes: lanesOf(root),
  batchQueue: queueOf(root, 'batches'),
  laneCount: batches.lanes,
  now: root.now,
  log: root.log,
});
