/**
 * The most that a model call can take, known before it is made: what a budget
 * reserves and a token limit holds (I2).
 */
import type { Model } from '../catalogue/resolved-config.ts';
import type { CallKind } from '../usage/call-kind.ts';
import type { Body } from './body-members.ts';
import { chatInput, chatOutput, chatWithMaximum, refuseUnpricedChat } from './chat-demand.ts';
import { type InputParts, inputBound, type Window, withoutPrice } from './input-bound.ts';
import { refuseUnpricedResponse, responseInput, responseOutput, responseWithMaximum } from './response-demand.ts';

export type Demand = {
  /** No more input tokens than this. */
  readonly inputTokens: number;
  /** Null where a call has no output to pay for. */
  readonly output: OutputDemand | null;
};

export type OutputDemand = {
  /** The most for one choice, as the caller or else the model has it. */
  readonly max: number;
  /** Did the caller say so? Otherwise a token limit may make it less. */
  readonly stated: boolean;
  readonly choices: number;
  /** Predicted output that is not used is paid for all the same. */
  readonly predicted: number;
};

/** What every current chat model can put out; a model of which more is known says so in `maxOutputTokens`. */
export const usualMaxOutputTokens = 4_096;

type StatedOutput = Pick<OutputDemand, 'choices' | 'predicted'> & {
  /** Every maximum that the caller names. */
  readonly maxima: readonly number[];
};

/** How a shape of request says what it asks for. */
type Generation = {
  readonly input: (body: Body) => InputParts;
  readonly output: (body: Body) => StatedOutput;
  readonly refuseUnpriced: (body: Body) => void;
  readonly withMaximum: (body: Body, max: number) => Body;
};

const chat: Generation = {
  input: chatInput,
  output: chatOutput,
  refuseUnpriced: refuseUnpricedChat,
  withMaximum: chatWithMaximum,
};
const responses: Generation = {
  input: responseInput,
  output: responseOutput,
  refuseUnpriced: refuseUnpricedResponse,
  withMaximum: responseWithMaximum,
};

/** Less is no answer. */
export const leastOutputTokens = 256;
const bytesPerToken = 3;

/** Some providers refuse a maximum that does not fit the window behind the input; text has about three bytes a token. */
const room = (inputTokens: number, { contextWindow }: Window): number =>
  contextWindow === undefined ? Number.POSITIVE_INFINITY : Math.max(leastOutputTokens, contextWindow - inputTokens);

function outputDemand({ maxima, ...stated }: StatedOutput, inputTokens: number, model: Window): OutputDemand {
  const most = model.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const usual = Math.min(model.maxOutputTokens ?? usualMaxOutputTokens, room(inputTokens, model));
  return { ...stated, max: maxima.length > 0 ? Math.min(most, ...maxima) : usual, stated: maxima.length > 0 };
}

/** `counted`: no fewer tokens of input than the model's own tokenizer makes of it, where that was asked. */
export function demandOf(
  kind: CallKind,
  body: Body,
  bodyBytes: number,
  model: Omit<Model, 'targets'>,
  counted?: number,
): Demand {
  if (kind === 'moderations') return { inputTokens: 0, output: null };
  if (kind === 'embeddings') return { inputTokens: bodyBytes, output: null };
  const { input, output, refuseUnpriced } = kind === 'responses' ? responses : chat;
  refuseOtherTiers(body);
  refuseUnpriced(body);
  const bound = inputBound(input(body), bodyBytes, model);
  return {
    inputTokens: Math.min(bound, counted ?? bound),
    output: outputDemand(output(body), counted ?? Math.ceil(bodyBytes / bytesPerToken), model),
  };
}

function refuseOtherTiers({ service_tier: tier }: Body): void {
  if (tier == null || tier === 'auto' || tier === 'default') return;
  throw withoutPrice('service_tier', "Only the service tiers 'auto' and 'default' are served: others cost otherwise.");
}

export const outputTokens = ({ choices, predicted }: OutputDemand, max: number): number => choices * max + predicted;

/** With the maximum of output that the provider is told. */
export const withMaximum = (kind: CallKind, body: Body, max: number): Body =>
  (kind === 'responses' ? responses : chat).withMaximum(body, max);
