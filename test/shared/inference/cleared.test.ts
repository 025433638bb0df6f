/** I8: an answer to an input that is still being checked does not leave before that is done. */
import { GatewayError } from '../../../shared/errors.ts';
import type { HttpResponse } from '../../../shared/http/response.ts';
import type { InferenceCall } from '../../../shared/inference/attempts.ts';
import { onceCleared } from '../../../shared/inference/cleared.ts';

const answered: HttpResponse = { status: 200, headers: {}, body: 'the answer' };
let nowMs = 1_000;
const now = () => nowMs;
const refusal = new GatewayError('content_policy_violation');

function callUnderCheck() {
  const verdict = Promise.withResolvers<GatewayError | null>();
  const refused = new AbortController();
  const caller = new AbortController();
  const later: (() => Promise<void>)[] = [];
  const report: { safety?: string; cache?: string; upstreamMs?: number } = { cache: 'miss' };
  const call = {
    signal: caller.signal,
    report,
    afterwards: (work: () => Promise<void>) => later.push(work),
    guarded: { clearance: { refusal: verdict.promise, refused: refused.signal } },
  } as unknown as InferenceCall;
  return { call, verdict, refused, caller, later, report };
}

const settledSoon = async (promise: Promise<unknown>) => {
  let state = 'pending';
  promise.then(
    () => (state = 'fulfilled'),
    () => (state = 'rejected'),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return state;
};

test('an answer is withheld until its input is cleared', async () => {
  const { call, verdict, later, report } = callUnderCheck();
  const waiting = onceCleared({ now }, call, async () => answered);
  expect(await settledSoon(waiting)).toBe('pending');
  nowMs += 40;
  verdict.resolve(null);
  expect(await waiting).toBe(answered);
  // What is waited for is a provider's time.
  expect([later, report]).toEqual([[], { cache: 'miss', upstreamMs: 40 }]);
});

test('a failure is withheld as well, for who is refused need not try again', async () => {
  const failure = new Error('down');
  const passed = callUnderCheck();
  const waiting = onceCleared({ now }, passed.call, () => Promise.reject(failure));
  expect(await settledSoon(waiting)).toBe('pending');
  passed.verdict.resolve(null);
  await expect(waiting).rejects.toBe(failure);

  const refused = callUnderCheck();
  refused.verdict.resolve(refusal);
  await expect(onceCleared({ now }, refused.call, () => Promise.reject(failure))).rejects.toBe(refusal);
  expect(refused.later).toEqual([]);
});

test('a refused answer is dropped, and nothing is said of the cache', async () => {
  const { call, verdict, later, report } = callUnderCheck();
  verdict.resolve(refusal);
  await expect(onceCleared({ now }, call, async () => answered)).rejects.toBe(refusal);
  expect(report).toEqual({ safety: 'blocked', upstreamMs: 0 });
  for (const work of later) await work();
});

test('a refused stream is read to its end, so that it lets go of its provider', async () => {
  const { call, verdict, later } = callUnderCheck();
  let over = false;
  async function* body() {
    yield Buffer.from('a');
    over = true;
  }
  verdict.resolve(refusal);
  await expect(onceCleared({ now }, call, async () => ({ ...answered, body: body() }))).rejects.toBe(refusal);
  expect(over).toBe(false);
  for (const work of later) await work();
  expect(over).toBe(true);
});

test('who works on it is stopped when its input is refused, and when its caller leaves', async () => {
  for (const stop of ['refused', 'caller'] as const) {
    const scene = callUnderCheck();
    let signal: AbortSignal | undefined;
    scene.verdict.resolve(null);
    await onceCleared({ now }, scene.call, async (call) => {
      signal = call.signal;
      return answered;
    });
    expect(signal?.aborted).toBe(false);
    scene[stop].abort();
    expect(signal?.aborted).toBe(true);
  }
});

test.each([
  ['no guardrail has to do with', {}],
  ['is cleared already', { guarded: { clearance: null } }],
])('a call that %s is answered as it is', async (_, call) => {
  const asked = call as unknown as InferenceCall;
  expect(
    await onceCleared({ now }, asked, async (same) => {
      expect(same).toBe(asked);
      return answered;
    }),
  ).toBe(answered);
});
