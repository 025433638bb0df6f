/**
 * Makes a call fit its model's window, or refuses it before anything is reserved; says how full the window is.
 * A step of preparation, for the first call of a request and for each further step of a run. docs/adr/0061
 */
import { demandOf } from '../admission/demand.ts';
import type { Catalogue, ServedModel } from '../catalogue/catalogue.ts';
import { type Arriving, type Preparation, type Prepare, withBody } from '../inference/preparation.ts';
import { mayUse } from '../limits/model-permissions.ts';
import { changesInput } from '../safety/guardrails-in-use.ts';
import { type SafetyWishes, safetyOf } from '../safety/policy.ts';
import type { RequestTokens, TokenCounter } from '../tokens/token-counter.ts';
import { usageLevel } from '../tokens/usage-level.ts';
import { type Conversation, isConversation } from './conversation.ts';
import { counted } from './counted.ts';
import { countedInput } from './counted-input.ts';
import { leftOutHeaders, together } from './left-out.ts';
import { type Fit, longestFit } from './longest-fit.ts';
import { overWindow } from './over-window.ts';
import { type ContextPolicy, type ContextWishes, contextOf, truncationOf } from './project-context.ts';
import { roomOf } from './room.ts';
import type { ContextSettings } from './settings.ts';
import { type SummarizedFit, type SummarizedFitDeps, summarizedFit } from './summarized-fit.ts';

export type WithinWindowDeps = SummarizedFitDeps & {
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly counter: TokenCounter;
  readonly settings: ContextSettings;
  /** What projects' own policies leave out. */
  readonly contextDefaults: ContextWishes;
  readonly safetyDefaults: SafetyWishes;
};

type Windowed = ServedModel & { readonly contextWindow: number };

const hasWindow = (model: ServedModel): model is Windowed => model.contextWindow !== undefined;

/** Only responses say for themselves what is done. */
const withRequested = ({ kind, body }: Conversation, policy: ContextPolicy): ContextPolicy =>
  kind === 'responses' ? { ...policy, truncation: truncationOf(body, policy) } : policy;

export const createWithinWindow =
  (deps: WithinWindowDeps): Prepare =>
  async (arriving, { inputTokens: _, ...prepared }) => {
    const { request } = prepared;
    if (!isConversation(request)) return prepared;
    const { caller, report } = arriving;
    const model = deps.catalogue.find(request.body.model);
    report.model = model.label;
    // What may not be asked is refused by the admission, and needs no counting.
    if (!hasWindow(model) || !mayUse(caller.policy.modelPermissions, request.body.model)) return prepared;

    const window = model.contextWindow;
    const { inputTokens: atMost, output } = demandOf(request.kind, request.body, prepared.bodyBytes, model);
    const statedOutput = output?.stated === true ? output.max : null;
    const room = roomOf(window, statedOutput, model.maxOutputTokens);
    // There are no more tokens than bytes, which tells it of most calls without a tokenizer (I9).
    const isSmall = usageLevel(atMost, window, deps.settings) === 'ok' && atMost + room.answer <= window;
    if (isSmall) return { ...prepared, headers: { ...prepared.headers, 'x-sluice-token-usage': 'ok' } };

    const tokens = await counted(deps.counter, request, model.targets);
    const policy = withRequested(request, contextOf(deps.contextDefaults, caller.policy.context));
    const shorter = longestFit(request, tokens, room, policy.truncation);
    if (!shorter) throw overWindow({ request, tokens, window, statedOutput, isTrimmed: policy.truncation === 'auto' });
    const isSummarizable = shorter.dropped.length > 0 && prepared.leftOut?.summarized !== true;
    const summarized =
      isSummarizable && policy.summaryModel !== null
        ? await summarizedFit(deps, arriving, policy.summaryModel, { request, model, tokens, room })
        : null;
    return fitted(deps, arriving, { prepared, request, model, tokens, fit: summarized ?? shorter });
  };

type Fitted = {
  readonly prepared: Preparation;
  readonly request: Conversation;
  readonly model: Windowed;
  readonly tokens: RequestTokens;
  readonly fit: Fit | SummarizedFit;
};

/** The call with what fits of its conversation. */
function fitted(
  { settings, safetyDefaults }: WithinWindowDeps,
  { caller }: Arriving,
  { prepared, request, model, tokens: { fixed, exact }, fit }: Fitted,
): Preparation {
  const { body, tokens, dropped, droppedTokens } = fit;
  const summary = 'summary' in fit ? fit.summary : null;
  const isShorter = dropped.length > 0;
  const leftOut = isShorter
    ? together(prepared.leftOut, { items: dropped.length, tokens: droppedTokens, summarized: summary !== null })
    : prepared.leftOut;
  const isKnown = exact && !changesInput(safetyOf(safetyDefaults, caller.policy.safety.wishes));
  const sent = isShorter ? withBody(prepared, body) : prepared;
  const input = countedInput({ ...request, body }, tokens - fixed, sent.bodyBytes, model);
  return {
    ...sent,
    headers: {
      ...prepared.headers,
      'x-sluice-token-usage': usageLevel(tokens, model.contextWindow, settings),
      ...(leftOut && leftOutHeaders(leftOut)),
      ...(summary?.costUsd !== undefined && { 'x-sluice-summary-cost-usd': summary.costUsd }),
    },
    ...(leftOut && { leftOut }),
    ...(isKnown && { inputTokens: input }),
  };
}
