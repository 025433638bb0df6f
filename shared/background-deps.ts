/** The composition root goes on: responses that are made in the background, and those that are kept. */
import {
  type BackgroundResponseStore,
  dynamoBackgroundResponseStore,
} from './background-responses/background-response-store.ts';
import { createTakeIn, type TakeIn } from './background-responses/take-in.ts';
import type { WorkDeps } from './background-responses/work.ts';
import { erasureOf, historyOf, storedResponsesOf } from './conversation-deps.ts';
import type { ErasureStore } from './conversations/erasure-store.ts';
import { dynamoItemStore, type ItemStore } from './conversations/item-store.ts';
import { type AskingDeps, askingDeps, bodiesOf, idsFrom, type Live, projectGateway, table } from './deps.ts';
import { type GenerationDeps, generatingWith } from './generation-deps.ts';
import { createCallerNow } from './keys/caller-of-key.ts';
import { dynamoKeyStore } from './keys/key-store.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { dynamoOrganizationStore } from './organization/organization-store.ts';
import { dynamoProjectStore } from './projects/project-store.ts';
import { queueOf } from './queue-deps.ts';
import type { StoredResponseStore } from './stored-responses/stored-response-store.ts';

const backgroundOf = (root: Live): BackgroundResponseStore =>
  dynamoBackgroundResponseStore(root.db, table(root, 'backgroundResponses'), bodiesOf(root));

/** Of the route that makes responses, now or later. */
export const takeInOf = (root: Live, { catalogue, log, now, config }: AskingDeps): TakeIn =>
  createTakeIn({
    catalogue,
    log,
    now,
    background: backgroundOf(root),
    responses: storedResponsesOf(root),
    queue: queueOf(root, 'responses'),
    expireDays: config.conversations.responseExpireDays,
  });

/** All that a worker needs but what it does with an admitted call. */
export type BackgroundWorkerDeps = Omit<WorkDeps, 'operation' | 'run'> & Omit<GenerationDeps, 'authenticate'>;

export function backgroundWorkerDeps(root: Live): BackgroundWorkerDeps {
  const projects = table(root, 'projects');
  return {
    ...generatingWith(root, askingDeps(root), historyOf),
    background: backgroundOf(root),
    responses: storedResponsesOf(root),
    queue: queueOf(root, 'responses'),
    callerNow: createCallerNow({
      keys: dynamoKeyStore(root.db, table(root, 'keys')),
      projects: dynamoProjectStore(root.db, projects),
      organization: dynamoOrganizationStore(root.db, projects),
      now: root.now,
    }),
    newId: idsFrom(root.now),
  };
}

export type StoredResponsesDeps = GatewayDeps & {
  readonly responses: StoredResponseStore;
  readonly background: BackgroundResponseStore;
  readonly items: ItemStore;
  readonly erasure: Pick<ErasureStore, 'release'>;
};

export function storedResponsesDeps(root: Live): StoredResponsesDeps {
  return {
    ...projectGateway(root),
    responses: storedResponsesOf(root),
    background: backgroundOf(root),
    erasure: erasureOf(root),
    items: dynamoItemStore(root.db, table(root, 'conversations'), bodiesOf(root)),
  };
}
