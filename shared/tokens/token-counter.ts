/** How many tokens of input a request is, as the model's own tokenizer counts them. docs/adr/0060 */
import type { CallKind } from '../usage/call-kind.ts';
import { chatTokens } from './chat-tokens.ts';
import { contentTokens } from './content-tokens.ts';
import { type EncodingName, encodingOf } from './encoding.ts';
import { responseTokens } from './response-tokens.ts';
import { type JsonObject, listOf, type Scale, sum } from './scale.ts';
import { createTokenizers, type Tokenizer, type Tokenizers } from './tokenizer.ts';

export type RequestTokens = {
  readonly total: number;
  /** What stays when all messages go: tools, the schema of the answer, `instructions`, and what frames the whole. */
  readonly fixed: number;
  /** Of each of `messages`, or of each item of `input`, with what frames it. With `fixed` they are the total. */
  readonly items: readonly number[];
  /** False where the model's tokenizer is not public, or there is more in it than texts and tools: then it is an estimate. */
  readonly exact: boolean;
};

export type TokenCounter = {
  /** `model` as the provider calls it. Loads the model's encoding when it is first needed. */
  readonly countRequest: (
    kind: CallKind,
    body: Readonly<Record<string, unknown>>,
    model: string,
  ) => Promise<RequestTokens>;
  readonly countText: (text: string, model: string) => Promise<number>;
};

type Counted = Pick<RequestTokens, 'fixed' | 'items'>;

/** Of embeddings: a text, a list of tokens, or a list of either. Of moderations: a text, or parts. */
function inputTokens(scale: Scale, { input }: JsonObject): Counted {
  const isOne = typeof input === 'string' || typeof listOf(input)[0] === 'number';
  const items = isOne ? [input] : listOf(input);
  const isTokens = (item: unknown): item is unknown[] => Array.isArray(item);
  return {
    fixed: 0,
    items: items.map((item) => (isTokens(item) ? item.length : contentTokens(scale, [item]))),
  };
}

const counters: Readonly<Record<CallKind, (scale: Scale, body: JsonObject) => Counted>> = {
  completions: chatTokens,
  responses: responseTokens,
  embeddings: inputTokens,
  moderations: inputTokens,
};

/** A megabyte takes up to a second, and a request may be for several models: those of one encoding count its texts once. */
function countedOnce(): (body: object, encoding: EncodingName, count: Tokenizer['count']) => Tokenizer['count'] {
  const known = new WeakMap<object, Map<EncodingName, Map<string, number>>>();
  return (body, encoding, count) => {
    const ofBody = known.get(body) ?? new Map<EncodingName, Map<string, number>>();
    known.set(body, ofBody);
    const counts = ofBody.get(encoding) ?? new Map<string, number>();
    ofBody.set(encoding, counts);
    return (text) => {
      const tokens = counts.get(text) ?? count(text);
      counts.set(text, tokens);
      return tokens;
    };
  };
}

export const createTokenCounter = (tokenizers: Tokenizers = createTokenizers()): TokenCounter => {
  const once = countedOnce();
  return {
    async countRequest(kind, body, model) {
      const { name, isItsOwn } = encodingOf(model);
      const { count } = await tokenizers(name);
      let exact = isItsOwn;
      const estimated = (tokens: number): number => {
        exact = false;
        return tokens;
      };
      const { fixed, items } = counters[kind]({ model, text: once(body, name, count), estimated }, body);
      return { total: fixed + sum(items), fixed, items, exact };
    },

    async countText(text, model) {
      const { count } = await tokenizers(encodingOf(model).name);
      return count(text);
    },
  };
};
