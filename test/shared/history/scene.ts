/** Requests for responses with a history, prepared and kept as a run would do it, on the tables of a gateway. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createCatalogue } from '../../../shared/catalogue/catalogue.ts';
import { historyOf } from '../../../shared/conversation-deps.ts';
import { type Live, readCatalogue } from '../../../shared/deps.ts';
import type { FinishedResponse, History } from '../../../shared/history/history.ts';
import { type Preparation, unprepared } from '../../../shared/inference/preparation.ts';
import type { Scene } from '../../support/scene.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export type Asked = {
  /** As it is to be sent. */
  readonly body: JsonObject;
  readonly sent: readonly JsonObject[];
  readonly history: History;
};

export type AskOptions = {
  readonly projectId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly db?: DynamoDBDocumentClient;
  /** Of the project. */
  readonly truncation?: 'auto';
};

export const said = (text: string): JsonObject => ({
  id: `msg_${text.replaceAll(/\W/g, '')}`,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});

export const finished = ({ responseId }: History, output: readonly JsonObject[]): FinishedResponse => ({
  response: { id: responseId, object: 'response', status: 'completed', output },
  output,
});

export function asking(scene: () => Scene) {
  async function ask(body: JsonObject, { projectId, headers = {}, db, truncation }: AskOptions = {}): Promise<Asked> {
    const { gateway, tenant } = scene();
    const root: Live = { ...gateway.live, ...(db && { db }) };
    const [prepare] = historyOf(root, { catalogue: createCatalogue(readCatalogue(root.env)) });
    const request = {
      kind: 'responses' as const,
      endpoint: '/responses' as const,
      body: { model: 'test-model', ...body },
      streamed: false,
    };
    const policy = { context: { truncation: truncation ?? null, summaryModel: null } };
    const caller = { projectId: projectId ?? tenant.projectId, apiKeyId: 'key_1', policy };
    const arriving = { requestId: 'r', caller, headers, report: {}, answerByMs: 0, afterwards: () => {} };
    const prepared = (await prepare?.(arriving as never, unprepared(request, 1))) as Preparation;
    const { history } = prepared;
    if (!history) throw new Error('there is a history');
    const { input } = prepared.request.body;
    return { body: prepared.request.body, sent: Array.isArray(input) ? input : [input], history };
  }

  /** A turn, kept: the id of its response. */
  async function turn(body: JsonObject, answer: string, options: AskOptions = {}): Promise<string> {
    const { history } = await ask(body, options);
    await history.keep(finished(history, [said(answer)]));
    return history.responseId;
  }
  return { ask, turn };
}

/** Who says what, in a word each. */
export const wordsOf = (sent: readonly JsonObject[]): string[] =>
  sent.map((item) => {
    const { content, role } = item;
    if (role === undefined) return String(item['type']);
    return `${role}: ${typeof content === 'string' ? content : (content as { text: string }[])[0]?.text}`;
  });
