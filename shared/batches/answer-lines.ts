/**
 * Lines of batches, each put to the pipeline of a live call: prepared, admitted, guarded, looked for in the cache,
 * answered by whichever provider can, and metered (I1 to I5). docs/adr/0071
 */
import type * as z from 'zod/mini';
import type { Route } from '../http/route.ts';
import { type AnswerDeps, answerTo } from '../inference/answer.ts';
import type { ModelRequest } from '../inference/attempts.ts';
import type { Prepare } from '../inference/preparation.ts';
import { chatRequestSchema, embeddingRequestSchema, responseRequestSchema } from '../inference/schemas.ts';
import { askInside, failureIn, type InsideAnswer, type InsideDeps, type Run } from '../middleware/ask-inside.ts';
import { modelOperation, type Operation } from '../middleware/operation.ts';
import { answerRun } from '../runs/answer-run.ts';
import type { RunDeps } from '../runs/running.ts';
import type { AnswerLine, BatchEndpoint, LineAnswer } from './answer-line.ts';

type Asking<Deps> = Omit<InsideDeps, 'operation' | 'run'> & Deps & { readonly prepare: Prepare };

/** Of lines to each endpoint: what its own function has, but for the key. */
export type LineDeps = {
  readonly chat: Asking<RunDeps>;
  readonly responses: Asking<RunDeps>;
  readonly embeddings: Asking<AnswerDeps>;
};

type ProjectRoute = Route & { readonly audience: 'project' };
/** Of a live call: a line needs the same scope, and is told under the same name. */
export type LineRoutes = Readonly<Record<BatchEndpoint, ProjectRoute>>;

export function createAnswerLine({ chat, responses, embeddings }: LineDeps, routes: LineRoutes): AnswerLine {
  const asked: Readonly<Record<BatchEndpoint, InsideDeps>> = {
    '/v1/chat/completions': {
      ...chat,
      run: (call) => answerRun(chat, call),
      operation: wholeOperation(routes['/v1/chat/completions'], chatRequestSchema, {
        kind: 'completions',
        endpoint: '/chat/completions',
      }),
    },
    '/v1/responses': {
      ...responses,
      run: (call) => answerRun(responses, call),
      operation: wholeOperation(routes['/v1/responses'], responseRequestSchema, {
        kind: 'responses',
        endpoint: '/responses',
      }),
    },
    '/v1/embeddings': {
      ...embeddings,
      run: (call) => answerTo(embeddings, call),
      operation: wholeOperation(routes['/v1/embeddings'], embeddingRequestSchema, {
        kind: 'embeddings',
        endpoint: '/embeddings',
      }),
    },
  };
  return async ({ endpoint, batchId, ...line }) => {
    if (line.stopped.aborted) return { kind: 'stopped' };
    const answer = await askInside({ ...asked[endpoint], known: { batchId } }, { ...line, on: 'batch' });
    return lineAnswer(answer, line.stopped);
  };
}

const wholeOperation =
  <Body extends ModelRequest['body']>(
    route: ProjectRoute,
    schema: z.ZodMiniType<Body>,
    request: Pick<ModelRequest, 'kind' | 'endpoint'>,
  ): ((run: Run) => Operation) =>
  (run) =>
    modelOperation(route, schema, (body) => ({ ...request, body: inOnePiece(body), streamed: false }), run);

/** And by this worker, whatever the line says. */
const inOnePiece = ({
  stream: _,
  stream_options: __,
  background: ___,
  ...body
}: ModelRequest['body']): ModelRequest['body'] => body;

function lineAnswer(answer: InsideAnswer, stopped: AbortSignal): LineAnswer {
  const { status, body, wasLetIn } = answer;
  // What has come in spite of all is paid.
  if (status === 200) return { kind: 'answered', status, body };
  if (stopped.aborted) return { kind: 'stopped' };
  const { code, message, mayPass, isFinal, retryAfterMs } = failureIn(answer);
  const error = { code, message };
  if (mayPass) return { kind: 'wait', error, retryAfterMs };
  // A run that has come to the end of the budget has been paid for, as far as it came.
  if (code === 'insufficient_quota' && !wasLetIn) return { kind: 'unaffordable', error };
  return { kind: 'answered', status, body, ...(status >= 500 && !isFinal && { retryable: true }) };
}
