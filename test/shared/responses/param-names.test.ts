import { GatewayError } from '../../../shared/errors.ts';
import { inTermsOfResponses } from '../../../shared/responses/param-names.ts';

const details = {
  message: 'Too much.',
  headers: { 'retry-after': '1' },
  upstream: { status: 422, code: 'too_much' },
  recovery: 'elsewhere' as const,
};

test.each([
  ['max_completion_tokens', 'max_output_tokens'],
  ['max_tokens', 'max_output_tokens'],
  ['reasoning_effort', 'reasoning.effort'],
  ['response_format.json_schema.schema', 'text.format'],
  ['messages[2].content', 'input'],
  ['messages.2.content', 'input'],
])('%s is %s, and all else of the error stays', (param, expected) => {
  expect(inTermsOfResponses(new GatewayError('invalid_request', { ...details, param }))).toMatchObject({
    ...{ why: 'invalid_request', message: 'Too much.', param: expected, recovery: 'elsewhere' },
    ...{ headers: { 'retry-after': '1' }, row: { status: 422, code: 'too_much' } },
  });
});

test.each([
  new GatewayError('invalid_request', { ...details, param: 'tools[0].name' }),
  new GatewayError('upstream_error'),
  new Error('other'),
])('what has the same name in both, or none, stays what it is: %s', (error) => {
  expect(inTermsOfResponses(error)).toBe(error);
});
