/** No more input tokens than this: from the bytes of a request, and from what in it is not counted by bytes. */
import type { Model } from '../catalogue/resolved-config.ts';
import { GatewayError } from '../errors.ts';

export type Window = Pick<Model, 'maxOutputTokens' | 'contextWindow'>;

/** Images cost by their size and not by their bytes; of files nobody knows before. */
export type Media = {
  images: number;
  /** Of images that are in the request itself. */
  dataBytes: number;
  audio: boolean;
  unbounded: boolean;
};

/** What a request's input is made of. */
export type InputParts = {
  /** The member that it is in, as errors name it. */
  readonly param: string;
  /** Messages, or items. */
  readonly entries: number;
  readonly tools: number;
  readonly media: Media;
};

/** The dearest way to look at an image: gpt-4o-mini, high detail. https://platform.openai.com/docs/guides/images-vision */
const tokensPerImage = 50_000;
/** What frames a message, a tool or the whole, and is in no text. https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb */
const tokensPerEntry = 16;
const tokensPerTool = 32;
const tokensPerCall = 64;

/** What providers charge for beside tokens, or at other prices than those that are known (I4). */
export const withoutPrice = (param: string, message: string): GatewayError =>
  new GatewayError('invalid_request', { message, param });

/**
 * A byte-level tokenizer makes no more tokens of a text than it has bytes:
 * https://github.com/openai/tiktoken. Above all stands the model's window.
 */
export function inputBound(
  { param, entries, tools, media: { images, dataBytes, unbounded, audio } }: InputParts,
  bodyBytes: number,
  { contextWindow }: Window,
): number {
  if (audio) throw withoutPrice(param, 'Audio is not served: its tokens have prices of their own.');
  if (unbounded && contextWindow === undefined) {
    throw new GatewayError('invalid_request', {
      message:
        'Files are taken only by models whose context window is known, since their tokens cannot be counted before. Whoever runs the gateway can set "contextWindow" in sluice.json.',
      param,
    });
  }
  const text =
    bodyBytes - dataBytes + images * tokensPerImage + entries * tokensPerEntry + tools * tokensPerTool + tokensPerCall;
  return unbounded ? (contextWindow ?? text) : Math.min(text, contextWindow ?? text);
}
