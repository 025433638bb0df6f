/**
 * An answer that is got while its input is still being checked: withheld until that is done, and dropped where
 * the input is refused. Whoever works on it then is stopped; what it has used is metered like every attempt.
 */
import type { HttpResponse } from '../http/response.ts';
import type { Answered } from './answered.ts';
import type { InferenceCall, InferenceDeps } from './attempts.ts';
import { waitedFor } from './waited-for.ts';

export async function onceCleared(
  { now }: Pick<InferenceDeps, 'now'>,
  call: InferenceCall,
  answer: (call: InferenceCall) => Promise<Answered>,
): Promise<Answered> {
  const clearance = call.guarded?.clearance;
  if (!clearance) return answer(call);
  const signal = AbortSignal.any([call.signal, clearance.refused]);
  const [answered] = await Promise.allSettled([answer({ ...call, signal })]);
  const refusal = await waitedFor(now, call.report, 'moderation', clearance.refusal);
  // Also where there is no answer: who is refused need not try again.
  if (refusal) {
    call.report.safety = 'blocked';
    delete call.report.cache;
    if (answered.status === 'fulfilled') call.afterwards(() => readToItsEnd(answered.value));
    throw refusal;
  }
  if (answered.status === 'rejected') throw answered.reason;
  return answered.value;
}

/** A stream lets go of its provider at its own end, which is near: it has been stopped. */
async function readToItsEnd({ body }: HttpResponse): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) return;
  for await (const _ of body);
}
