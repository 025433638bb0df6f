/**
 * Has a model summarise turns. It is a call of the same caller, admitted, guarded and metered like any other, which is
 * neither prepared nor part of a run: nothing is ever summarised for a summary. What goes wrong with it costs the
 * conversation its older turns and nothing else. docs/adr/0061
 */
import { asGatewayError } from '../errors.ts';
import type { RequestReport } from '../http/call.ts';
import type { AdmitCall } from '../inference/admit-call.ts';
import { type AnswerDeps, answerTo } from '../inference/answer.ts';
import type { InferenceCall, ModelRequest } from '../inference/attempts.ts';
import type { GuardInput } from '../inference/guard-input.ts';
import { type Arriving, unprepared } from '../inference/preparation.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';
import { summaryIn, summaryRequest } from './summary.ts';
import { endWithin, transcriptOf } from './transcript.ts';

export type SummarizeDeps = AnswerDeps & {
  readonly admitCall: AdmitCall;
  readonly guardInput: GuardInput;
  readonly counter: Pick<TokenCounter, 'countText'>;
};

export type ToSummarize = {
  /** As callers name it. */
  readonly model: string;
  readonly items: readonly unknown[];
  /** Of the summary. */
  readonly maxTokens: number;
  /** The window that the items did not fit; taken for the model's own where that is not known. */
  readonly window: number;
};

export type Summary = {
  readonly text: string;
  /** As the header has it. */
  readonly costUsd: string | undefined;
};

/** Null where there is none. */
export type Summarize = (arriving: Arriving, what: ToSummarize) => Promise<Summary | null>;

/** What frames the transcript: the task, and what providers put around messages. */
const framingTokens = 512;

export const createSummarize = (deps: SummarizeDeps): Summarize => {
  const { catalogue, counter, log, now } = deps;

  async function requestOf({ model: name, items, maxTokens, window }: ToSummarize): Promise<ModelRequest | null> {
    const { contextWindow = window, targets } = catalogue.find(name);
    const room = contextWindow - maxTokens - framingTokens;
    const transcript = await endWithin(transcriptOf(items), room, (text) => counter.countText(text, targets[0].model));
    if (transcript === null) return null;
    const body = summaryRequest(name, transcript, maxTokens);
    return { kind: 'completions', endpoint: '/chat/completions', body, streamed: false };
  }

  async function answered(arriving: Arriving, request: ModelRequest, report: RequestReport): Promise<Summary | null> {
    const { requestId, caller } = arriving;
    const startedAtMs = now();
    // Half of the time there is: the other half is for the answer itself.
    const timeLeftMs = Math.max(0, arriving.answerByMs - startedAtMs) / 2;
    const afterwards: InferenceCall['afterwards'] = (work) =>
      arriving.afterwards(async () => {
        await work();
        addUsage(arriving.report, report);
      });
    const bodyBytes = Buffer.byteLength(JSON.stringify(request.body));
    // What the caller says of caches and keys is said of their own call.
    const headers = {};
    const admitted = await deps.admitCall({ requestId, caller, headers, bodyBytes, report }, request);
    const entered = await deps.guardInput({ requestId, caller, report, admitted, afterwards, timeLeftMs });
    const response = await answerTo(deps, {
      requestId,
      caller,
      headers,
      report,
      bodyBytes,
      afterwards,
      body: request.body,
      params: {},
      receivedAtMs: startedAtMs,
      answerByMs: startedAtMs + timeLeftMs,
      signal: new AbortController().signal,
      audit: () => {},
      prepared: unprepared(request, bodyBytes),
      admitted: entered?.admitted ?? admitted,
      ...(entered && { guarded: entered.guarded }),
    });
    const text = summaryIn(JSON.parse(String(response.body)));
    return text === null ? null : { text, costUsd: response.headers['x-sluice-cost-usd'] };
  }

  return async (arriving, what) => {
    const { requestId } = arriving;
    const report: RequestReport = {};
    try {
      const request = await requestOf(what);
      const summary = request && (await answered(arriving, request, report));
      if (!summary) log.warn('not summarised', { requestId, model: what.model, why: 'no summary' });
      return summary;
    } catch (thrown) {
      const error = asGatewayError(thrown);
      log.warn('not summarised', { requestId, model: what.model, why: error.why, error: error.cause ?? error });
      return null;
    } finally {
      arriving.report.upstreamMs = (arriving.report.upstreamMs ?? 0) + (report.upstreamMs ?? 0);
    }
  };
};

const added = ['inputTokens', 'outputTokens', 'costMicroUsd'] as const;

/** The request has used what its summary has. */
function addUsage(to: RequestReport, from: RequestReport): void {
  for (const name of added) {
    const amount = from[name];
    if (amount === undefined) continue;
    to[name] = (to[name] ?? 0) + amount;
    delete from[name];
  }
}
