/** An answer as it comes: the provider's events, relayed, and metered at the stream's own end. */
import type { Hold } from '../admission/hold.ts';
import { costMicroUsd } from '../catalogue/price.ts';
import type { Pass } from '../circuits/circuits.ts';
import { eventStreamHeaders } from '../http/response.ts';
import { openChatStream } from '../streaming/chat-stream.ts';
import type { RelayedStream, SeenStream, StreamSource } from '../streaming/relayed-stream.ts';
import { openResponseStream } from '../streaming/response-stream.ts';
import { wantsUsage } from '../streaming/wants-usage.ts';
import type { Outcome } from '../usage/attempt.ts';
import type { CallKind } from '../usage/call-kind.ts';
import type { Usage } from '../usage/token-usage.ts';
import type { Answered } from './answered.ts';
import { estimatedTokens, estimatedUsage, isProvidersFault, settlement } from './attempt-outcome.ts';
import { type InferenceCall, type InferenceDeps, withFallback } from './attempts.ts';
import { callerLeft } from './caller-left.ts';

/** The provider streams about one token a frame; better than nothing, and marked as estimated. */
const unreported = (inputBytes: number, { frames }: SeenStream, hold: Hold): Usage =>
  estimatedUsage(estimatedTokens(inputBytes), frames, hold);

export const streamedAnswer = (deps: InferenceDeps, call: InferenceCall): Promise<Answered> =>
  withFallback(deps, call, async (provider, upstream, attempt) => {
    const { body, open } = flowOf(call.admitted.request.kind, upstream.body);
    const answer = await provider.stream({ ...upstream, body });
    const stream = await open(answer);
    call.guarded?.clearance?.refused.addEventListener('abort', stream.leave, { once: true });
    const firstByteMs = attempt.elapsed();

    const usageSeen = () => stream.seen.usage ?? unreported(call.bodyBytes, stream.seen, attempt.hold);

    attempt.settleAfterwards(() => {
      const { seen } = stream;
      if (seen.failure) call.report.failure = seen.failure.why;
      judge(seen, attempt.pass);
      const usage = usageSeen();
      const timing = { firstByteMs, latencyMs: attempt.elapsed() };
      return settlement(outcomeOf(seen), usage, attempt.target.price, timing, seen.usage === null);
    });
    const headers = { ...eventStreamHeaders, ...answer.headers };
    return {
      status: 200,
      headers,
      body: stream.bytes,
      keepAlive: { everyMs: deps.resilience.keepAliveSeconds * 1000, now: deps.now, pause: deps.meanwhile },
      callerLeft: callerLeft(deps, call, stream.leave),
      usage: () => stream.seen.usage,
      spentMicroUsd: () => costMicroUsd(usageSeen(), attempt.target.price),
      stop: stream.leave,
    };
  });

type Body = Readonly<Record<string, unknown>>;

/** How its kind is asked to stream, and what then comes is read. */
type Flow = { readonly body: Body; readonly open: (source: StreamSource) => Promise<RelayedStream> };

function flowOf(kind: CallKind, body: Body): Flow {
  if (kind === 'responses') return { body, open: openResponseStream };
  const wishes = { wantsUsage: wantsUsage(body), choices: choicesOf(body) };
  return { body: withUsage(body), open: (source) => openChatStream(source, wishes) };
}

const outcomeOf = ({ failure, left, done }: SeenStream): Outcome =>
  failure ? 'cut' : left && !done ? 'cancelled' : 'succeeded';

/**
 * What a stream says of its provider. Given up by us, it says nothing: nor when its time was over, which the answer's
 * length or a slow reader may have taken. A provider that falls silent has a timeout of its own.
 */
function judge(seen: SeenStream, pass: Pass): void {
  if (seen.failure?.why === 'upstream_timeout' || outcomeOf(seen) === 'cancelled') pass.unknown();
  else if (!seen.failure) pass.succeeded();
  else if (isProvidersFault(seen.failure)) pass.failed(seen.failure);
  else pass.unknown();
}

/** The provider is always asked for its usage; the caller sees it only where the caller asked, too. */
function withUsage(body: Body) {
  const options = body['stream_options'];
  const given = typeof options === 'object' && options !== null ? options : {};
  return { ...body, stream_options: { ...given, include_usage: true } };
}

const choicesOf = ({ n }: Body): number => (typeof n === 'number' ? n : 1);
