/** One call of the moderation endpoint: at its first target, or at the next where that fails. */
import type { PricedTarget } from '../catalogue/catalogue.ts';
import type { Circuits, Pass } from '../circuits/circuits.ts';
import { asGatewayError, GatewayError, upstreamTimeouts } from '../errors.ts';
import { isProvidersFault } from '../inference/attempt-outcome.ts';
import type { Log } from '../observability/log.ts';
import { startDeadline } from '../providers/deadline.ts';
import type { Providers } from '../providers/registry.ts';
import type { ModerationResult } from './moderator.ts';
import { inputOf, type Piece } from './pieces.ts';
import { readScores } from './scores.ts';

export type AskDeps = {
  readonly providers: Providers;
  readonly circuits: Circuits;
  readonly log: Log;
  readonly now: () => number;
};

export type Asking = {
  readonly targets: readonly PricedTarget[];
  readonly requestId: string;
  readonly byMs: number;
  readonly signal: AbortSignal;
};

/** As in a moderator's result. */
export type Unavailable = { readonly kind: 'unavailable'; readonly why: string };
export const unavailable = (why: string): Unavailable => ({ kind: 'unavailable', why });

/** What a target gets before the next one is asked, where there is as much. */
const leastShareMs = 2_000;

/**
 * Who was silent for so long is slow, whoever was waiting. A shorter wait says nothing of the provider: one tenant's short
 * patience must not open a circuit for all. A little less than the share, for timers and clocks do not agree exactly.
 */
export const slowMs = leastShareMs - 100;

export async function askTargets(deps: AskDeps, asking: Asking, call: readonly Piece[]): Promise<ModerationResult> {
  const { targets, requestId, signal, byMs } = asking;
  let why = 'circuit_open';
  for (const [index, target] of targets.entries()) {
    const leave = await deps.circuits.admit(target);
    if (!leave.admitted) continue;
    const leftMs = byMs - deps.now();
    const shareMs = Math.min(leftMs, Math.max(leastShareMs, leftMs / (targets.length - index)));
    const answered = await ask(deps, asking, target, leave.pass, call, shareMs);
    if (answered.kind === 'scored') return answered;
    why = answered.why;
    if (signal.aborted) break;
    deps.log.warn('moderation attempt failed', { requestId, provider: target.provider, why });
  }
  return unavailable(why);
}

async function ask(
  { providers, now }: AskDeps,
  { signal }: Asking,
  target: PricedTarget,
  pass: Pass,
  call: readonly Piece[],
  shareMs: number,
): Promise<ModerationResult> {
  const startedMs = now();
  const deadline = startDeadline(signal, { totalMs: Math.max(0, shareMs) });
  try {
    const { text } = await providers(target.provider).whole({
      endpoint: '/moderations',
      body: { model: target.model, input: inputOf(call) },
      headers: {},
      signal: deadline.signal,
    });
    const read = readScores(text, call.length);
    if (read.kind === 'malformed') {
      pass.failed(new GatewayError('upstream_error'));
      return unavailable(`malformed: ${read.how}`);
    }
    pass.succeeded();
    return { kind: 'scored', scores: read.scores };
  } catch (thrown) {
    const error = asGatewayError(thrown);
    const hasWaited = deadline.gaveUp() === null || now() - startedMs >= slowMs;
    if (isProvidersFault(error) && hasWaited && !mayBeTheImage(error, call)) pass.failed(error);
    else pass.unknown();
    return unavailable(error.why);
  } finally {
    deadline.clear();
  }
}

/** The provider fetches images from wherever the caller says, and whoever is there may let it wait. */
const mayBeTheImage = ({ why }: GatewayError, call: readonly Piece[]): boolean =>
  upstreamTimeouts.includes(why) && call.some(({ kind }) => kind === 'image');
