import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { bodyOf, GatewayError, headersOf } from '../../../shared/errors.ts';
import { upstreamError } from '../../../shared/providers/upstream-error.ts';

const said = (status: number, error: object | null = { message: 'said' }, headers: Record<string, string> = {}) =>
  APIError.generate(status, error === null ? undefined : { error }, undefined, new Headers(headers));

describe('what a provider answers', () => {
  test.each<[number, string, number, boolean | undefined]>([
    [400, 'invalid_request', 400, undefined],
    [404, 'invalid_request', 404, undefined],
    [413, 'invalid_request', 413, undefined],
    [415, 'invalid_request', 415, undefined],
    [422, 'invalid_request', 422, undefined],
    [401, 'upstream_auth', 502, false],
    [403, 'upstream_auth', 502, false],
    [402, 'upstream_error', 502, undefined],
    [408, 'upstream_error', 502, undefined],
    [409, 'upstream_error', 502, undefined],
    [418, 'upstream_error', 502, undefined],
    [429, 'rate_limit_exceeded', 429, undefined],
    [500, 'upstream_error', 502, undefined],
    [502, 'upstream_error', 502, undefined],
    [503, 'upstream_error', 502, undefined],
    [529, 'upstream_error', 502, undefined],
  ])('%d is %s to the caller, with status %d', (status, why, shown, shouldRetry) => {
    const error = upstreamError(said(status), 'key');
    expect(error).toMatchObject({ why, row: { status: shown } });
    expect(headersOf(error)['x-should-retry']).toBe(shouldRetry?.toString());
  });

  test('about the request passes through, with its message, code and parameter', () => {
    const error = upstreamError(
      said(400, { message: 'Too long.', code: 'context_length_exceeded', param: 'messages' }),
      'key',
    );
    expect(bodyOf(error)).toEqual({
      error: {
        message: 'Too long.',
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    });
  });

  test.each([
    ['numbers', { message: 'm', code: 1301, param: 7 }],
    ['objects', { message: 'm', code: {}, param: [] }],
    ['nothing', { message: 'm' }],
  ])('with %s for a code and a parameter has neither', (_, error) => {
    expect(bodyOf(upstreamError(said(400, error), 'key')).error).toMatchObject({ code: null, param: null });
  });

  test.each<[string, object | null]>([
    ['no body', null],
    ['a message that is no text', { message: { deep: 1 } }],
    ['an empty message', { message: '' }],
    ['no message', {}],
  ])('about the request with %s says that it said nothing', (_, error) => {
    expect(upstreamError(said(400, error), 'key').message).toBe(
      'The model provider refused the request without saying why.',
    );
  });

  test('that is the provider’s fault says no word of it (I6)', () => {
    for (const status of [401, 402, 403, 409, 429, 500, 503]) {
      const error = upstreamError(said(status, { message: 'canary', code: 'canary', param: 'canary' }), 'key');
      expect(JSON.stringify([bodyOf(error), headersOf(error)])).not.toContain('canary');
    }
  });

  test('an exhausted account of ours is not an exhausted budget of the caller’s', () => {
    const error = upstreamError(said(429, { message: 'm', code: 'insufficient_quota' }), 'key');
    expect(error).toMatchObject({ why: 'upstream_error', row: { status: 502, code: 'upstream_error' } });
  });

  test.each([
    [
      'as the provider says',
      { 'retry-after': '7', 'retry-after-ms': '6500' },
      { 'retry-after': '7', 'retry-after-ms': '6500' },
    ],
    ['a second where it says nothing', {}, { 'retry-after': '1' }],
  ])('a rate limit says how long to wait: %s', (_, headers, expected) => {
    expect(headersOf(upstreamError(said(429, { message: 'm' }, headers), 'key'))).toEqual(expected);
  });

  test('a failure passes the provider’s wish to be left alone on, and no other header', () => {
    const headers = { 'retry-after': '9', 'openai-version': '1', 'set-cookie': 'canary' };
    expect(headersOf(upstreamError(said(503, null, headers), 'key'))).toEqual({ 'retry-after': '9' });
    expect(headersOf(upstreamError(said(503), 'key'))).toEqual({});
  });
});

describe('a key in a provider’s message', () => {
  const ownKey = 'a key of no known form $& $1 .*';

  test.each([
    ['the one it was called with', `Wrong key ${ownKey}, twice ${ownKey}`, 'Wrong key ***, twice ***'],
    ['one of OpenAI’s', 'Incorrect key sk-proj-AbC_123-456789: look', 'Incorrect key ***: look'],
    ['one that is redacted already', 'Incorrect key sk-abcd****************wxyz.', 'Incorrect key ***.'],
    ['one of ours', `see "sk-sluice-test_${'A'.repeat(54)}"`, 'see "***"'],
  ])('is scrubbed: %s (I6)', (_, message, shown) => {
    expect(upstreamError(said(400, { message }), ownKey).message).toBe(shown);
  });

  test.each(['a task-based ask', 'sk-short', 'risk-assessments are due'])('words are left alone: %s', (message) => {
    expect(upstreamError(said(400, { message }), undefined).message).toBe(message);
  });

  test('a message ends after 2,000 characters, and is scrubbed before it is cut', () => {
    const { message } = upstreamError(
      said(400, { message: `${'x'.repeat(1_990)}${ownKey}${'y'.repeat(5_000)}` }),
      ownKey,
    );
    expect(message).toBe(`${'x'.repeat(1_990)}***${'y'.repeat(7)}`);
  });
});

describe('what is no answer', () => {
  test.each<[string, unknown, string]>([
    ['a timeout of the connection', new APIConnectionTimeoutError(), 'upstream_timeout'],
    ['a call that was given up', new APIUserAbortError(), 'upstream_timeout'],
    ['an abort', new DOMException('aborted', 'AbortError'), 'upstream_timeout'],
    ['a timeout', new DOMException('timed out', 'TimeoutError'), 'upstream_timeout'],
    ['a connection that failed', new APIConnectionError({ message: 'refused' }), 'upstream_error'],
    ['a socket that broke', new TypeError('terminated'), 'upstream_error'],
    ['something thrown that is no error', 'canary', 'upstream_error'],
    ['nothing', undefined, 'upstream_error'],
  ])('%s is %s', (_, thrown, why) => {
    expect(upstreamError(thrown, 'key')).toMatchObject({ why, param: null });
  });

  test('an error of ours stays what it is', () => {
    const ours = new GatewayError('circuit_open');
    expect(upstreamError(ours, 'key')).toBe(ours);
  });

  test('every one keeps its cause for the log', () => {
    const cause = new TypeError('terminated');
    expect(upstreamError(cause, 'key').cause).toBe(cause);
  });
});
