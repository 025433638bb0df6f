/**
 * The request of a refused answer once more, with guidance. The first answer has been paid for, so this one is let in
 * like a call of its own: its limits and its budget must have room for it (I1, I2), and where they have not, or a
 * store is down, nothing is asked again.
 */
import { asGatewayError } from '../errors.ts';
import { createAdmitCall } from './admit-call.ts';
import type { InferenceCall, InferenceDeps, ModelRequest } from './attempts.ts';

const guidance =
  'The previous answer was refused by a content policy. Provide a completely safe and appropriate response to the request.';

/** At the end, where models heed it most, and where it does not spoil the provider's cache of the beginning. */
function withGuidance(request: ModelRequest): ModelRequest {
  const { kind, body } = request;
  const message = { role: 'system', content: guidance };
  if (kind === 'responses') return { ...request, body: { ...body, input: [...itemsOf(body['input']), message] } };
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  return { ...request, body: { ...body, messages: [...messages, message] } };
}

/** A text is what a user says. */
const itemsOf = (input: unknown): readonly unknown[] => {
  if (Array.isArray(input)) return input;
  return typeof input === 'string' ? [{ role: 'user', content: input }] : [];
};

/** Null where it may not be asked. */
export async function admittedMoreSafely(deps: InferenceDeps, call: InferenceCall): Promise<InferenceCall | null> {
  const { requestId, caller, headers, report, admitted } = call;
  const request = withGuidance(admitted.request);
  const bodyBytes = Buffer.byteLength(JSON.stringify(request.body));
  try {
    const again = await createAdmitCall(deps)({ requestId, caller, headers, bodyBytes, report }, request);
    return { ...call, bodyBytes, admitted: { ...admitted, ...again } };
  } catch (thrown) {
    deps.log.warn('not asked again more safely', { requestId, why: asGatewayError(thrown).why });
    return null;
  }
}
