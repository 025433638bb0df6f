/**
 * A response as it is made of what a model says: whole answers say everything in one
 * go, streams bit by bit. It tells of every step; who is not interested does not listen.
 */
import { isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import {
  type ItemPlace,
  type ItemStatus,
  type OpenItem,
  type OpenMessage,
  type OpenReasoning,
  openMessage,
  openReasoning,
  type Tell,
} from './output-item.ts';
import { type Ending, type Made, responseObject, type Told } from './response-object.ts';
import { responseUsage } from './response-usage.ts';
import { toolCalls } from './tool-calls.ts';

type Request = Readonly<Record<string, unknown>>;

/** What the choice of a completion, or of a chunk of it, says. */
type Said = { readonly message: JsonObject; readonly logprobs: unknown };

const stringIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A list of parts is Mistral's way to tell thoughts from answers. */
function textIn(content: unknown, type: 'text' | 'thinking'): string {
  if (!Array.isArray(content)) return type === 'text' ? stringIn(content) : '';
  return content
    .filter((part) => isObject(part) && part['type'] === type)
    .map((part) => (type === 'text' ? stringIn(part.text) : textIn(part.thinking, 'text')))
    .join('');
}

const reasoningIn = ({ reasoning_content, reasoning, content }: JsonObject): string =>
  stringIn(reasoning_content) || stringIn(reasoning) || textIn(content, 'thinking');

const logprobsIn = (logprobs: unknown): readonly unknown[] =>
  isObject(logprobs) && Array.isArray(logprobs['content']) ? logprobs['content'] : [];

/** Why an answer is not complete, by the names that providers have for it. */
const reasons = new Map<unknown, 'max_output_tokens' | 'content_filter'>([
  ['length', 'max_output_tokens'],
  ['max_tokens', 'max_output_tokens'],
  ['model_length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
]);

export type Making = {
  /** What the provider says beside its answer: of the model, the tier, the tokens. */
  readonly told: (answer: JsonObject) => void;
  readonly begin: () => void;
  readonly said: (said: Said) => void;
  /** The response, or null where what was said is no answer: a call of a tool without a name. */
  readonly end: (finish: unknown, completedAt: number) => JsonObject | null;
};

export function responseMaking(request: Request, made: Made, tell: Tell): Making {
  const suffix = made.id.replace(/^resp_/, '');
  const output: JsonObject[] = [];
  let items = 0;
  let told: Told = { model: null, serviceTier: null, usage: null };
  let message: OpenMessage | null = null;
  let reasoning: OpenReasoning | null = null;

  const response = (ending: Ending) => responseObject(request, made, told, output, ending);
  const place = (prefix: string): ItemPlace => {
    const index = items++;
    return { id: `${prefix}_${suffix}${String(index).padStart(3, '0')}`, index, tell };
  };
  const close = (item: OpenItem, status: ItemStatus) => {
    output[item.index] = item.close(status);
  };

  // One item at a time, as OpenAI has it. Calls alone stay open to the end: their pieces may come in any order.
  const endReasoning = () => {
    if (reasoning) close(reasoning, 'completed');
    reasoning = null;
  };
  const endMessage = () => {
    if (message) close(message, 'completed');
    message = null;
  };
  const inMessage = (): OpenMessage => {
    endReasoning();
    message ??= openMessage(place('msg'));
    return message;
  };
  const inReasoning = (): OpenReasoning => {
    endMessage();
    reasoning ??= openReasoning(place('rs'));
    return reasoning;
  };
  const calls = toolCalls(suffix, (prefix) => {
    endReasoning();
    endMessage();
    return place(prefix);
  });

  return {
    told: ({ model, service_tier, usage }) => {
      told = {
        model: told.model ?? (stringIn(model) || null),
        serviceTier: stringIn(service_tier) || told.serviceTier,
        usage: responseUsage(usage) ?? told.usage,
      };
    },

    begin: () => {
      tell('response.created', { response: response({ status: 'in_progress' }) });
      tell('response.in_progress', { response: response({ status: 'in_progress' }) });
    },

    said: ({ message: saying, logprobs }) => {
      const thought = reasoningIn(saying);
      const text = textIn(saying['content'], 'text');
      const refusal = stringIn(saying['refusal']);
      const tokens = logprobsIn(logprobs);
      if (thought !== '') inReasoning().text(thought);
      if (text !== '') inMessage().text(text, tokens);
      if (refusal !== '') inMessage().refusal(refusal);
      const called = saying['tool_calls'];
      if (Array.isArray(called)) for (const call of called) calls.said(call);
    },

    end: (finish, completedAt) => {
      if (!calls.areNamed()) return null;
      const reason = reasons.get(finish);
      // Whoever asks for an answer gets one to read, be it empty.
      if (reason === undefined && !message && calls.open().length === 0 && !hasMessage(output)) {
        inMessage().text('', []);
      }
      const open = [reasoning, message, ...calls.open()].filter((item) => item !== null);
      const lastIndex = items - 1;
      for (const item of open.sort((one, other) => one.index - other.index)) {
        close(item, reason !== undefined && item.index === lastIndex ? 'incomplete' : 'completed');
      }
      const ended = response(
        reason === undefined ? { status: 'completed', completedAt } : { status: 'incomplete', reason },
      );
      tell(reason === undefined ? 'response.completed' : 'response.incomplete', { response: ended });
      return ended;
    },
  };
}

const hasMessage = (output: readonly JsonObject[]): boolean => output.some(({ type }) => type === 'message');
