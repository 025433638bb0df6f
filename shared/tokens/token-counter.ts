/** How many tokens of input a request is, as the model's own tokenizer counts them. */
import type { CallKind } from '../usage/call-kind.ts';

export type RequestTokens = {
  readonly total: number;
  /** What stays when all messages go: tools, the schema of the answer, `instructions`, and what frames the whole. */
  readonly fixed: number;
  /** Of each of `messages`, or of each item of `input`, with what frames it. With `fixed` they are the total. */
  readonly items: readonly number[];
  /** False where the model's tokenizer is not public, or pictures and files are in it: then it is an estimate. */
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
