/** A step of a run as its dollars allow it: the output maximum shrinks to what they afford (I2). Pure. */
import { leastOutputTokens } from '../admission/decide.ts';
import { demandOf, outputTokens, withMaximum } from '../admission/demand.ts';
import { affordableOutput, boundMicroUsd } from '../catalogue/bound.ts';
import type { ServedModel } from '../catalogue/catalogue.ts';
import type { ModelRequest } from '../inference/attempts.ts';

/** Null where the rest does not afford an answer. */
export function withinDollars(
  request: ModelRequest,
  bodyBytes: number,
  model: ServedModel,
  leftMicroUsd: number,
): ModelRequest | null {
  const { kind, body } = request;
  const prices = model.targets.map(({ price }) => price);
  const { inputTokens, output } = demandOf(kind, body, bodyBytes, model);
  const most = output ? outputTokens(output, output.max) : 0;
  if (boundMicroUsd(inputTokens, most, prices) <= leftMicroUsd) return request;
  if (!output) return null;
  const affordable = affordableOutput(leftMicroUsd, inputTokens, prices);
  const max = Math.min(output.max, Math.floor((affordable - output.predicted) / output.choices));
  if (max < leastOutputTokens) return null;
  return { ...request, body: { ...withMaximum(kind, body, max), model: body.model } };
}
