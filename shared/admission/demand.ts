/**
 * The most that a model call can take, known before it is made: what a budget
 * reserves and a token limit holds (I2).
 */
import type { Model } from '../catalogue/resolved-config.ts';
import { GatewayError } from '../errors.ts';
import type { CallKind } from '../usage/call-kind.ts';

type Body = Readonly<Record<string, unknown>>;

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

/** The dearest way to look at an image: gpt-4o-mini, high detail. https://platform.openai.com/docs/guides/images-vision */
const tokensPerImage = 50_000;
/** What frames a message, a tool or the whole, and is in no text. https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb */
const tokensPerMessage = 16;
const tokensPerTool = 32;
const tokensPerCall = 64;

type Media = { images: number; dataBytes: number; audio: boolean; unbounded: boolean };

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** Images cost by their size and not by their bytes; of files nobody knows before. */
function mediaIn(messages: readonly unknown[]): Media {
  const media: Media = { images: 0, dataBytes: 0, audio: false, unbounded: false };
  for (const part of messages.flatMap((message) => asList(member(message, 'content')))) {
    const type = member(part, 'type');
    if (type === 'input_audio') media.audio = true;
    else if (type === 'image_url') {
      media.images += 1;
      const url = member(member(part, 'image_url'), 'url');
      if (typeof url === 'string' && url.startsWith('data:')) media.dataBytes += url.length;
    } else if (type === 'file') media.unbounded = true;
  }
  return media;
}

/**
 * A byte-level tokenizer makes no more tokens of a text than it has bytes:
 * https://github.com/openai/tiktoken. Above all stands the model's window.
 */
function inputBound(body: Body, bodyBytes: number, { contextWindow }: Pick<Model, 'contextWindow'>): number {
  const messages = asList(body['messages']);
  const { images, dataBytes, unbounded, audio } = mediaIn(messages);
  if (audio) throw withoutPrice('messages', 'Audio is not served: its tokens have prices of their own.');
  if (unbounded && contextWindow === undefined) {
    throw new GatewayError('invalid_request', {
      message:
        'Files are taken only by models whose context window is known, since their tokens cannot be counted before. Whoever runs the gateway can set "contextWindow" in sluice.json.',
      param: 'messages',
    });
  }
  const text =
    bodyBytes -
    dataBytes +
    images * tokensPerImage +
    messages.length * tokensPerMessage +
    asList(body['tools']).length * tokensPerTool +
    tokensPerCall;
  return unbounded ? (contextWindow ?? text) : Math.min(text, contextWindow ?? text);
}

const whole = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

const leastRoom = 256;
const bytesPerToken = 3;

/** Some providers refuse a maximum that does not fit the window behind the input; text has about three bytes a token. */
const room = (bodyBytes: number, { contextWindow }: Window): number =>
  contextWindow === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(leastRoom, contextWindow - Math.ceil(bodyBytes / bytesPerToken));

type Window = Pick<Model, 'maxOutputTokens' | 'contextWindow'>;

function outputDemand(body: Body, bodyBytes: number, model: Window): OutputDemand {
  const stated = [whole(body['max_completion_tokens']), whole(body['max_tokens'])].filter((max) => max !== undefined);
  const most = model.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const usual = Math.min(model.maxOutputTokens ?? usualMaxOutputTokens, room(bodyBytes, model));
  return {
    max: stated.length > 0 ? Math.min(most, ...stated) : usual,
    stated: stated.length > 0,
    choices: whole(body['n']) ?? 1,
    predicted: body['prediction'] == null ? 0 : Buffer.byteLength(JSON.stringify(body['prediction'])),
  };
}

export function demandOf(kind: CallKind, body: Body, bodyBytes: number, model: Omit<Model, 'targets'>): Demand {
  if (kind === 'moderations') return { inputTokens: 0, output: null };
  if (kind === 'embeddings') return { inputTokens: bodyBytes, output: null };
  refuseWhatHasNoPrice(body);
  return { inputTokens: inputBound(body, bodyBytes, model), output: outputDemand(body, bodyBytes, model) };
}

/** What providers charge for beside tokens, or at other prices than those that are known (I4). */
function refuseWhatHasNoPrice(body: Body): void {
  const tier = body['service_tier'];
  if (tier != null && tier !== 'auto' && tier !== 'default') {
    throw withoutPrice(
      'service_tier',
      "Only the service tiers 'auto' and 'default' are served: others cost otherwise.",
    );
  }
  if (body['web_search_options'] != null) {
    throw withoutPrice('web_search_options', 'Web searches are not served: they are charged by the search.');
  }
  if (body['audio'] != null || asList(body['modalities']).includes('audio')) {
    throw withoutPrice('modalities', 'Audio is not served: its tokens have prices of their own.');
  }
}

const withoutPrice = (param: string, message: string): GatewayError =>
  new GatewayError('invalid_request', { message, param });

export const outputTokens = ({ choices, predicted }: OutputDemand, max: number): number => choices * max + predicted;

/** The parameter under which the maximum goes to the provider: the caller's own, or the current one. */
export function withMaximum(body: Body, max: number): Body {
  const hasOld = whole(body['max_tokens']) !== undefined;
  const hasNew = whole(body['max_completion_tokens']) !== undefined;
  return {
    ...body,
    ...(hasOld && { max_tokens: max }),
    ...((hasNew || !hasOld) && { max_completion_tokens: max }),
  };
}
