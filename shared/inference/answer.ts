/** From an admitted call to its answer. Each step is a file of its own; this one says in which order they come. */
import type { HttpResponse } from '../http/response.ts';
import type { InferenceCall, InferenceDeps } from './attempts.ts';
import { streamedAnswer } from './streaming.ts';
import { wholeAnswer } from './whole.ts';

export const answerTo = (deps: InferenceDeps, call: InferenceCall): Promise<HttpResponse> =>
  call.admitted.request.streamed ? streamedAnswer(deps, call) : wholeAnswer(deps, call);
