/** What every answer must be, whatever was asked. */
import { errorTable } from '../../../shared/error-table.ts';
import type { ErrorBody, ErrorCause } from '../../../shared/errors.ts';
import type { Answer } from './send.ts';

/** The error of an answer that is in OpenAI's shape: four keys, no more and no fewer, and a request id. */
export function errorOf({ headers, text }: Answer): ErrorBody['error'] {
  expect(headers['content-type']).toBe('application/json');
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  const body = JSON.parse(text) as ErrorBody;
  expect(Object.keys(body)).toEqual(['error']);
  expect(Object.keys(body.error).sort()).toEqual(['code', 'message', 'param', 'type']);
  const { message, type, param, code } = body.error;
  expect({ message, type, param, code }).toEqual({
    message: expect.stringMatching(/./),
    type: expect.stringMatching(/./),
    param: param === null ? null : expect.any(String),
    code: code === null ? null : expect.any(String),
  });
  return body.error;
}

/** Checks status, type and code against the error table, and returns the error for more. */
export function expectError(answer: Answer, why: ErrorCause): ErrorBody['error'] {
  const { status, type, code } = errorTable[why];
  expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.any(String) });
  const error = errorOf(answer);
  expect(error).toMatchObject({ type, code });
  return error;
}

/** Headers that differ from one answer to the next, left out. */
export const steadyHeaders = ({ headers }: Answer): Record<string, string> => {
  const {
    'x-request-id': _id,
    'openai-processing-ms': _processing,
    'x-sluice-overhead-ms': _overhead,
    ...steady
  } = headers;
  return steady;
};
