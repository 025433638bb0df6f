/**
 * A call that may be answered from the cache:
 *
 *   fresh ──▶ hit ◀── another request that was asking already
 *   else ──ask──▶ answer, kept for the next one
 *           └── the providers' fault ──▶ stale
 *
 * What the cache answers costs nothing and has asked nobody; as a request it counts like any other.
 */
import { asGatewayError, GatewayError } from '../errors.ts';
import { eventStreamHeaders, type HttpResponse } from '../http/response.ts';
import type { Answered } from '../inference/answered.ts';
import { settleWithoutAttempt } from '../inference/attempt.ts';
import { isProvidersFault } from '../inference/attempt-outcome.ts';
import type { InferenceCall, InferenceDeps } from '../inference/attempts.ts';
import { wantsUsage } from '../streaming/wants-usage.ts';
import { answerText, type Kept } from './answer-text.ts';
import { landedWithin, longestFlightMs } from './flights.ts';
import type { CachePlan } from './plan.ts';
import { replayed } from './replay.ts';
import { ageSeconds, standingAt } from './standing.ts';

type Ask = () => Promise<Answered>;
type Plan = Extract<CachePlan, { use: 'cache' }>;

/** Of the time that is left, so that some remains to ask in. */
const shareOfTimeToWait = 0.5;

export async function throughCache(deps: InferenceDeps, call: InferenceCall, ask: Ask): Promise<Answered> {
  const { report, admitted } = call;
  const plan = admitted.plan ?? { use: 'none' };
  report.trail?.debug?.('cache planned', { use: plan.use });
  if (plan.use === 'none') return ask();
  report.cache = plan.use === 'cache' ? 'miss' : 'bypass';
  if (plan.use === 'bypass') {
    if (plan.onlyIfCached) throw notCached(deps, call);
    return ask();
  }

  const found = await plan.find();
  const standing = found ? standingAt(found.storedAtMs, deps.now(), plan.lifetime, plan.maxAgeSeconds) : 'expired';
  report.trail?.debug?.('cache looked into', { found: found !== null, standing });
  const fresh = standing === 'fresh' ? await found?.read() : null;
  if (found && fresh) return hit(deps, call, fresh, found.storedAtMs);
  if (plan.onlyIfCached) throw notCached(deps, call);
  try {
    return await askedOnce(deps, call, plan, ask);
  } catch (thrown) {
    const error = asGatewayError(thrown);
    const text = standing !== 'expired' && isProvidersFault(error) ? await found?.read() : null;
    if (!found || !text) throw thrown;
    deps.log.warn('answered from the cache, past its time', { requestId: call.requestId, why: error.why });
    report.cache = 'stale';
    report.failure = error.why;
    // Who was asked has not answered.
    delete report.provider;
    return given(call, text, ageSeconds(found.storedAtMs, deps.now()));
  }
}

/** In one instance only one of several requests of the same key asks; the others are served with what it gets. */
async function askedOnce(deps: InferenceDeps, call: InferenceCall, plan: Plan, ask: Ask): Promise<Answered> {
  const flight = plan.read
    ? deps.caching.flights.board(plan.key, deps.now())
    : { leads: true as const, land: () => {} };
  if (!flight.leads) {
    const timeLeftMs = Math.max(0, call.answerByMs - deps.now());
    const waitMs = Math.min(longestFlightMs, timeLeftMs * shareOfTimeToWait);
    const text = await landedWithin(flight.landed, waitMs, call.signal);
    if (text !== null) return hit(deps, call, text, deps.now());
    return kept(call, plan, await ask(), () => {});
  }
  try {
    return kept(call, plan, await ask(), flight.land);
  } catch (thrown) {
    flight.land(null);
    throw thrown;
  }
}

/** The answer on its way to the caller; once it is out, it is known whether it may be given again. */
function kept(call: InferenceCall, plan: Plan, answer: Answered, land: Kept): Answered {
  const { admitted, afterwards, guarded } = call;
  const { response, text } = answerText(admitted.request.kind, answer);
  afterwards(async () => {
    const isOut = guarded?.clearance?.refused.aborted !== true && call.mayBeKept?.() !== false;
    const again = !isOut || (await answer.mayBeKept?.()) === false ? null : text();
    land(again);
    if (again !== null) await plan.cache.keep(plan.key, again, plan.lifetime);
  });
  return response;
}

function hit(deps: InferenceDeps, call: InferenceCall, text: string, storedAtMs: number): HttpResponse {
  call.report.cache = 'hit';
  call.report.attempts = 0;
  settleWithoutAttempt(deps, call, 'cached');
  return given(call, text, ageSeconds(storedAtMs, deps.now()));
}

function given({ admitted }: InferenceCall, text: string, age: number): HttpResponse {
  const { streamed, body } = admitted.request;
  const headers = { age: String(age), 'x-sluice-cost-usd': '0.000000' };
  return streamed
    ? {
        status: 200,
        headers: { ...eventStreamHeaders, ...headers },
        body: replayed(JSON.parse(text), wantsUsage(body)),
      }
    : { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: text };
}

function notCached(deps: InferenceDeps, call: InferenceCall): GatewayError {
  settleWithoutAttempt(deps, call, 'unasked');
  return new GatewayError('not_cached');
}
