/** What a provider finds wrong with a chat completion, by the names that its request had as one for a response. */
import { GatewayError } from '../errors.ts';

const names = new Map([
  ['max_completion_tokens', 'max_output_tokens'],
  ['max_tokens', 'max_output_tokens'],
  ['reasoning_effort', 'reasoning.effort'],
  ['response_format', 'text.format'],
  ['verbosity', 'text.verbosity'],
  ['logprobs', 'include'],
  ['messages', 'input'],
]);

/** Items and messages do not have the same numbers, so of those only the list is named. */
function nameOf(param: string): string {
  const [first = ''] = param.split(/[.[]/, 1);
  return names.get(first) ?? param;
}

export function inTermsOfResponses(thrown: unknown): unknown {
  if (!(thrown instanceof GatewayError) || thrown.param === null || nameOf(thrown.param) === thrown.param)
    return thrown;
  const { why, message, headers, cause, recovery, row } = thrown;
  return new GatewayError(why, {
    message,
    param: nameOf(thrown.param),
    headers,
    cause,
    recovery,
    upstream: { status: row.status, code: row.code },
  });
}
