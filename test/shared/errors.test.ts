import { type ErrorRow, errorTable } from '../../shared/error-table.ts';
import { asGatewayError, bodyOf, type ErrorCause, errorBody, GatewayError, headersOf } from '../../shared/errors.ts';

const causes = Object.keys(errorTable) as ErrorCause[];

describe('the table of errors', () => {
  /** As WIRE.md, the contract, has them. */
  const contract: Record<
    ErrorCause,
    readonly [status: number, type: string, code: string | null, shouldRetry?: boolean]
  > = {
    invalid_request: [400, 'invalid_request_error', null],
    context_length_exceeded: [400, 'invalid_request_error', 'context_length_exceeded'],
    content_policy_violation: [400, 'invalid_request_error', 'content_policy_violation'],
    prompt_injection: [400, 'invalid_request_error', 'prompt_injection'],
    previous_response_not_found: [400, 'invalid_request_error', 'previous_response_not_found'],
    model_not_priced: [400, 'invalid_request_error', 'model_not_priced'],
    invalid_api_key: [401, 'invalid_request_error', 'invalid_api_key'],
    insufficient_permissions: [403, 'permission_error', 'insufficient_permissions'],
    model_not_allowed: [403, 'permission_error', 'model_not_allowed'],
    model_not_found: [404, 'invalid_request_error', 'model_not_found'],
    not_found: [404, 'invalid_request_error', 'not_found'],
    unknown_route: [404, 'invalid_request_error', 'not_found'],
    conflict: [409, 'invalid_request_error', 'conflict', false],
    run_cancelled: [409, 'invalid_request_error', 'run_cancelled', false],
    request_too_large: [413, 'invalid_request_error', 'request_too_large'],
    rate_limit_exceeded: [429, 'requests', 'rate_limit_exceeded'],
    token_limit_exceeded: [429, 'tokens', 'rate_limit_exceeded'],
    insufficient_quota: [429, 'insufficient_quota', 'insufficient_quota', false],
    internal: [500, 'server_error', null],
    upstream_error: [502, 'server_error', 'upstream_error'],
    structured_output_invalid: [502, 'server_error', 'structured_output_invalid', false],
    run_limit_reached: [502, 'server_error', 'run_limit_reached', false],
    upstream_auth: [502, 'server_error', 'upstream_auth', false],
    tool_failed: [502, 'server_error', 'tool_failed', false],
    circuit_open: [503, 'server_error', 'circuit_open'],
    overloaded: [503, 'server_error', 'overloaded'],
    moderation_unavailable: [503, 'server_error', 'moderation_unavailable'],
    not_cached: [504, 'server_error', 'not_cached', false],
    tool_timeout: [504, 'server_error', 'tool_timeout', false],
    upstream_timeout: [504, 'server_error', 'upstream_timeout'],
    upstream_connect_timeout: [504, 'server_error', 'upstream_connect_timeout'],
    upstream_first_chunk_timeout: [504, 'server_error', 'upstream_first_chunk_timeout'],
    upstream_idle_timeout: [504, 'server_error', 'upstream_idle_timeout'],
  };

  test.each(causes)('%s is what the SDKs are promised', (cause) => {
    const { status, type, code, shouldRetry }: ErrorRow = errorTable[cause];
    const [promisedStatus, promisedType, promisedCode, promisedRetry] = contract[cause];
    expect({ status, type, code, shouldRetry }).toEqual({
      status: promisedStatus,
      type: promisedType,
      code: promisedCode,
      shouldRetry: promisedRetry,
    });
  });

  test.each(causes)('%s has a body of four keys, always, and a message that is a sentence (I6)', (cause) => {
    const { error, ...rest } = bodyOf(new GatewayError(cause));
    expect(rest).toEqual({});
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
    expect(error.param).toBeNull();
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({ error });
  });
});

describe('a gateway error', () => {
  test('carries the message, the parameter and the headers that were chosen', () => {
    const error = new GatewayError('rate_limit_exceeded', {
      message: 'Slower.',
      param: 'messages[2].role',
      headers: { 'retry-after': '3' },
    });
    expect(bodyOf(error)).toEqual({
      error: { message: 'Slower.', type: 'requests', param: 'messages[2].role', code: 'rate_limit_exceeded' },
    });
    expect(headersOf(error)).toEqual({ 'retry-after': '3' });
  });

  test('passes a provider’s own status and code on, with our type', () => {
    const error = new GatewayError('invalid_request', { upstream: { status: 422, code: 'bad_schema' } });
    expect(error.row.status).toBe(422);
    expect(bodyOf(error).error).toMatchObject({ type: 'invalid_request_error', code: 'bad_schema' });
    expect(errorTable.invalid_request).toMatchObject({ status: 400, code: null });
  });

  test.each<[ErrorCause, string | undefined]>([
    ['conflict', 'false'],
    ['insufficient_quota', 'false'],
    ['upstream_auth', 'false'],
    ['overloaded', undefined],
    ['rate_limit_exceeded', undefined],
  ])('%s says x-should-retry: %s', (cause, header) => {
    expect(headersOf(new GatewayError(cause))['x-should-retry']).toBe(header);
  });

  test('keeps its cause for the log alone (I6)', () => {
    const cause = new Error('a canary');
    const error = new GatewayError('overloaded', { cause });
    expect(error.cause).toBe(cause);
    expect(JSON.stringify([bodyOf(error), headersOf(error)])).not.toContain('canary');
  });
});

describe('whatever else is thrown', () => {
  test.each<[string, unknown]>([
    ['an error', new Error('canary')],
    [
      'an error that looks like one of ours',
      Object.assign(new Error('canary'), { why: 'invalid_request', row: errorTable.conflict }),
    ],
    ['an error with a status', Object.assign(new Error('canary'), { status: 400, statusCode: 400, expose: true })],
    ['text', 'canary'],
    ['an object', { message: 'canary', error: { message: 'canary' } }],
    ['null', null],
    ['nothing', undefined],
  ])('%s becomes a 500 that says nothing (I6)', (_, thrown) => {
    const error = asGatewayError(thrown);
    expect(bodyOf(error)).toEqual(errorBody(errorTable.internal));
    expect(error.row.status).toBe(500);
    expect(headersOf(error)).toEqual({});
    expect(JSON.stringify(bodyOf(error))).not.toContain('canary');
    expect(error.cause).toBe(thrown);
  });

  test('one of ours stays what it is', () => {
    const error = new GatewayError('conflict');
    expect(asGatewayError(error)).toBe(error);
  });
});
