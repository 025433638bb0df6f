/** Does an answer have the format that was asked for? One that does not is asked for once more, with what is wrong with it. */
import { GatewayError } from '../errors.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import type { AnswerFormat } from '../structured/answer-format.ts';
import { conformingTexts } from '../structured/conforming-text.ts';
import type { Json } from './dialect.ts';

/** Null where it conforms, or is nothing that has to: a refusal, a call of a tool, an answer that was cut off. */
export async function problemsOf(
  format: AnswerFormat | null,
  { admitted }: Pick<InferenceCall, 'admitted'>,
  answer: Json,
): Promise<readonly string[] | null> {
  if (!format) return null;
  for (const text of conformingTexts(admitted.request.kind, answer)) {
    const problems = await format.problemsIn(text);
    if (problems) return problems;
  }
  return null;
}

export const nonconforming = ({ name }: AnswerFormat, problems: readonly string[]): GatewayError =>
  new GatewayError('structured_output_invalid', {
    message: `The model's answer does not conform to '${name}', also after it was told what is wrong: ${problems.join('; ')}`,
  });
