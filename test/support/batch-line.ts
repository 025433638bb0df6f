/** Lines of batches, asked as a batch's worker asks them. */
import { modelRoutes } from '../../infra/routes/models.ts';
import { batchLineDeps } from '../../shared/batch-line-deps.ts';
import type { AnswerLine, BatchEndpoint, LineAnswer } from '../../shared/batches/answer-line.ts';
import { createAnswerLine } from '../../shared/batches/answer-lines.ts';
import { routeIn } from '../../shared/http/route.ts';
import { createCallerNow } from '../../shared/keys/caller-of-key.ts';
import { dynamoKeyStore } from '../../shared/keys/key-store.ts';
import { keyIdFromToken } from '../../shared/keys/token.ts';
import { dynamoOrganizationStore } from '../../shared/organization/organization-store.ts';
import { dynamoProjectStore } from '../../shared/projects/project-store.ts';
import type { TestDatabase } from './database.ts';
import type { Tenant, TestGateway } from './gateway.ts';

export const batchId = 'batch_0123456789';

export type AskLine = (
  tenant: Pick<Tenant, 'projectId' | 'key'>,
  endpoint: BatchEndpoint,
  body: object | string,
  options?: { readonly stopped?: AbortSignal; readonly requestId?: string; readonly remainingMs?: number },
) => Promise<LineAnswer>;

/** A worker's process. */
export function lineAsker(
  { live }: Pick<TestGateway, 'live'>,
  { db, names }: Pick<TestDatabase, 'db' | 'names'>,
): AskLine {
  const answerLine: AnswerLine = createAnswerLine(batchLineDeps(live), {
    '/v1/chat/completions': routeIn(modelRoutes, 'createChatCompletion'),
    '/v1/responses': routeIn(modelRoutes, 'createResponse'),
    '/v1/embeddings': routeIn(modelRoutes, 'createEmbedding'),
  });
  const callerNow = createCallerNow({
    keys: dynamoKeyStore(db, names.keys),
    projects: dynamoProjectStore(db, names.projects),
    organization: dynamoOrganizationStore(db, names.projects),
    now: live.now,
  });
  return async ({ projectId, key }, endpoint, body, options = {}) => {
    const caller = await callerNow(projectId, keyIdFromToken(key, live.env.stage) ?? '');
    if (!caller) throw new Error('the key is gone');
    return answerLine({
      endpoint,
      caller,
      batchId,
      requestId: options.requestId ?? `batch_req_${crypto.randomUUID()}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      stopped: options.stopped ?? new AbortController().signal,
      context: { getRemainingTimeInMillis: () => options.remainingMs ?? 900_000 },
    });
  };
}
