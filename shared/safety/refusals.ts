/** How a stream ends that is refused: every choice that has not ended is ended by the content filter. */

import { choicesIn, indexOf } from '../answer-text/chat-texts.ts';
import { isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { errorTable } from '../error-table.ts';
import { errorBody } from '../errors.ts';
import { chatErrorFrame, responseErrorFrame } from '../streaming/error-frame.ts';
import type { CallKind } from '../usage/call-kind.ts';

export type StreamDialect = 'chat' | 'responses';

/** Of the calls whose answers are text. */
export const dialectOf = (kind: CallKind): StreamDialect => (kind === 'responses' ? 'responses' : 'chat');

export type StreamRecord = {
  /** A frame has come. */
  readonly seen: (data: JsonObject) => void;
  /** The caller has got it. */
  readonly left: (data: JsonObject) => void;
  /** The last frames, as the stream's own dialect has them; `dropped` is what the caller does not get. */
  readonly refusal: (dropped: readonly JsonObject[]) => readonly string[];
};

const frameOf = (data: JsonObject, event?: string): string =>
  `${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`;

/** Of an error, its code alone: what else a provider says of it may be any text. */
export function errorFrame(data: JsonObject, dialect: StreamDialect): string {
  const { code: given } = isObject(data['error']) ? data['error'] : data;
  const row = Object.values(errorTable).find(({ type, code }) => type === 'server_error' && code === given);
  const body = errorBody(row ?? errorTable.upstream_error);
  const { sequence_number: sequence } = data;
  return dialect === 'chat'
    ? chatErrorFrame(body)
    : responseErrorFrame(body, typeof sequence === 'number' ? sequence : null);
}

const common = ['id', 'object', 'created', 'model', 'system_fingerprint', 'service_tier'] as const;

/** A provider that was stopped says no more of its usage. Where it had said so before, the caller is to know. */
const isUsage = (data: JsonObject): boolean => isObject(data['usage']) && choicesIn(data).length === 0;

function chatRecord(): StreamRecord {
  const chunk: JsonObject = { object: 'chat.completion.chunk' };
  const choices = new Map<number, { begun: boolean; ended: boolean }>();
  const choiceOf = (choice: JsonObject) => {
    const index = indexOf(choice);
    const known = choices.get(index) ?? { begun: false, ended: false };
    choices.set(index, known);
    return known;
  };
  return {
    seen(data) {
      for (const name of common) if (data[name] !== undefined && data[name] !== null) chunk[name] = data[name];
      for (const choice of choicesIn(data)) choiceOf(choice);
    },
    left(data) {
      for (const choice of choicesIn(data)) {
        const known = choiceOf(choice);
        known.begun = true;
        known.ended ||= typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== '';
      }
    },
    refusal(dropped) {
      const open = [...choices].filter(([, { ended }]) => !ended);
      const ends = open.map(([index, { begun }]) => ({
        ...chunk,
        // Who has heard nothing of a choice learns from its first chunk who speaks.
        choices: [
          { index, delta: begun ? {} : { role: 'assistant' }, logprobs: null, finish_reason: 'content_filter' },
        ],
      }));
      return [...[...ends, ...dropped.filter(isUsage)].map((data) => frameOf(data)), 'data: [DONE]\n\n'];
    },
  };
}

function responsesRecord(): StreamRecord {
  let response: JsonObject = { object: 'response' };
  let sequence = -1;
  const output: unknown[] = [];
  return {
    seen(data) {
      if (data['type'] === 'response.created' && isObject(data['response'])) response = data['response'];
    },
    left(data) {
      if (typeof data['sequence_number'] === 'number') sequence = data['sequence_number'];
      if (data['type'] === 'response.output_item.done') output.push(data['item']);
    },
    refusal(dropped) {
      const said = dropped.map(({ response }) => response).filter(isObject);
      const usage = said.map(({ usage }) => usage).find(isObject);
      const incomplete = {
        type: 'response.incomplete',
        sequence_number: sequence + 1,
        response: {
          ...response,
          status: 'incomplete',
          incomplete_details: { reason: 'content_filter' },
          output,
          ...(usage && { usage }),
        },
      };
      return [frameOf(incomplete, incomplete.type)];
    },
  };
}

export const recordOf = (dialect: StreamDialect): StreamRecord =>
  dialect === 'chat' ? chatRecord() : responsesRecord();
