/**
 * How many tokens of input a call can have at most, from what its own tokenizer has counted: much less than from its
 * bytes. What frames messages is bounded and not counted, and all but the messages is bounded by its bytes, since how
 * providers put tools and schemas into words is their own (I2).
 */
import { demandOf } from '../admission/demand.ts';
import type { ServedModel } from '../catalogue/catalogue.ts';
import { type Conversation, itemsOf, withItems } from './conversation.ts';
import { tokensPerMessage } from './counted.ts';

/** A run without a word in it is cut before it is counted, which may make a token or two less of it: docs/adr/0060. */
const cutsPerByte = 1 / 256;
const tokensPerCut = 2;

/** `messageTokens`: of the conversation itself, without tools and instructions. */
export function countedInput(
  { kind, body }: Conversation,
  messageTokens: number,
  bodyBytes: number,
  { contextWindow: _, ...model }: ServedModel,
): number {
  const rest = withItems(kind, body, []);
  const { inputTokens } = demandOf(kind, rest, Buffer.byteLength(JSON.stringify(rest)), model);
  const framing = Math.max(1, itemsOf(kind, body).length) * tokensPerMessage;
  return inputTokens + messageTokens + framing + Math.ceil(bodyBytes * cutsPerByte * tokensPerCut);
}
