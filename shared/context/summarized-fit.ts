/** A conversation with a summary in the place of what does not fit. */
import type { ServedModel } from '../catalogue/catalogue.ts';
import type { Arriving } from '../inference/preparation.ts';
import type { Log } from '../observability/log.ts';
import type { RequestTokens, TokenCounter } from '../tokens/token-counter.ts';
import type { Conversation } from './conversation.ts';
import { modelNames, tokensPerMessage } from './counted.ts';
import { type Fit, longestFit } from './longest-fit.ts';
import type { Room } from './room.ts';
import type { Summarize, Summary } from './summarize.ts';
import { roomForSummary, summaryText, summaryTokens, withSummary } from './summary.ts';

export type SummarizedFitDeps = {
  readonly counter: Pick<TokenCounter, 'countText'>;
  readonly summarize: Summarize;
  readonly log: Log;
};

export type TooLong = {
  readonly request: Conversation;
  readonly model: ServedModel;
  readonly tokens: RequestTokens;
  readonly room: Room;
};

export type SummarizedFit = Fit & { readonly summary: Summary };

/** Null where there is none, or it would not fit either: then turns are left out without one. */
export async function summarizedFit(
  { counter, summarize, log }: SummarizedFitDeps,
  arriving: Arriving,
  summaryModel: string,
  { request, model, tokens, room }: TooLong,
): Promise<SummarizedFit | null> {
  const { window } = room;
  const maxTokens = summaryTokens(window);
  const reserved = roomForSummary(maxTokens);
  const shorter = longestFit(request, tokens, room, 'auto', reserved);
  if (!shorter || shorter.dropped.length === 0) return null;
  const summary = await summarize(arriving, { model: summaryModel, items: shorter.dropped, maxTokens, window });
  if (!summary) return null;
  const text = summaryText(summary.text);
  const counts = await Promise.all(modelNames(model.targets).map((name) => counter.countText(text, name)));
  const added = Math.max(...counts) + tokensPerMessage;
  if (added > reserved) {
    log.warn('not summarised', { requestId: arriving.requestId, model: summaryModel, why: 'too long' });
    return null;
  }
  return { ...shorter, body: withSummary(request.kind, shorter.body, text), tokens: shorter.tokens + added, summary };
}
