/**
 * The one table of errors: from a cause to what the caller sees of it. Status,
 * type and code are looked up here and typed nowhere else.
 *
 * The shape and the codes are those that the official SDKs parse:
 * https://platform.openai.com/docs/guides/error-codes
 */

/** What may help a call that has ended so: the same provider again, only another, or nothing: the fault is not theirs. */
export type Recovery = 'again' | 'elsewhere' | 'none';

export type ErrorRow = {
  readonly status: number;
  readonly type:
    | 'invalid_request_error'
    | 'permission_error'
    | 'requests'
    | 'tokens'
    | 'insufficient_quota'
    | 'server_error';
  readonly code: string | null;
  /** Sent as `x-should-retry`, which the SDKs obey before anything else. Absent: the status decides. */
  readonly shouldRetry?: boolean;
  /** Absent: none. */
  readonly recovery?: Recovery;
  readonly message: string;
};

export const errorTable = {
  invalid_request: { status: 400, type: 'invalid_request_error', code: null, message: 'The request is not valid.' },
  context_length_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    message: "The request does not fit the model's context window. Shorten the input or lower the output maximum.",
  },
  content_policy_violation: {
    status: 400,
    type: 'invalid_request_error',
    code: 'content_policy_violation',
    message: "The request was refused by the project's content policy.",
  },
  prompt_injection: {
    status: 400,
    type: 'invalid_request_error',
    code: 'prompt_injection',
    message: 'The request was refused because it looks like a prompt injection.',
  },
  previous_response_not_found: {
    status: 400,
    type: 'invalid_request_error',
    code: 'previous_response_not_found',
    message: 'There is no such response to go on from.',
  },
  model_not_priced: {
    status: 400,
    type: 'invalid_request_error',
    code: 'model_not_priced',
    message: 'The model has no price, so it is not served. Give it a "price" in sluice.json.',
  },
  invalid_api_key: {
    status: 401,
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    message:
      'No valid API key was provided. Send "Authorization: Bearer …" with a project\'s key of this gateway (sk-sluice-…) for models, or an admin key for /v1/organization.',
  },
  insufficient_permissions: {
    status: 403,
    type: 'permission_error',
    code: 'insufficient_permissions',
    message: 'This API key may not do this.',
  },
  model_not_allowed: {
    status: 403,
    type: 'permission_error',
    code: 'model_not_allowed',
    message: 'This project may not use this model.',
  },
  model_not_found: {
    status: 404,
    type: 'invalid_request_error',
    code: 'model_not_found',
    message: 'The model does not exist here. GET /v1/models lists those that do.',
  },
  not_found: { status: 404, type: 'invalid_request_error', code: 'not_found', message: 'There is no such object.' },
  unknown_route: {
    status: 404,
    type: 'invalid_request_error',
    code: 'not_found',
    message: 'There is no such method and path. GET /v1/openapi.json lists those that exist.',
  },
  conflict: {
    status: 409,
    type: 'invalid_request_error',
    code: 'conflict',
    shouldRetry: false,
    message: 'The object has changed in the meantime, or is in a state that does not allow this.',
  },
  run_cancelled: {
    status: 409,
    type: 'invalid_request_error',
    code: 'run_cancelled',
    shouldRetry: false,
    message: 'The run was cancelled by an administrator of the gateway.',
  },
  request_too_large: {
    status: 413,
    type: 'invalid_request_error',
    code: 'request_too_large',
    message: 'The request body is too large. At most 6 MB are accepted.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'requests',
    code: 'rate_limit_exceeded',
    recovery: 'again',
    message: 'Too many requests. Wait as long as the retry-after header says.',
  },
  token_limit_exceeded: {
    status: 429,
    type: 'tokens',
    code: 'rate_limit_exceeded',
    message: 'Too many tokens. Wait as long as the retry-after header says.',
  },
  insufficient_quota: {
    status: 429,
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    shouldRetry: false,
    message: 'The budget is used up.',
  },
  internal: {
    status: 500,
    type: 'server_error',
    code: null,
    message: 'The gateway had an error while processing the request.',
  },
  upstream_error: {
    status: 502,
    type: 'server_error',
    code: 'upstream_error',
    recovery: 'again',
    message: 'The model provider failed to answer.',
  },
  structured_output_invalid: {
    status: 502,
    type: 'server_error',
    code: 'structured_output_invalid',
    // It was asked for twice.
    shouldRetry: false,
    message: "The model's answer does not conform to the format that was asked for.",
  },
  run_limit_reached: {
    status: 502,
    type: 'server_error',
    code: 'run_limit_reached',
    shouldRetry: false,
    message: 'The run of tools came to one of its limits before the model had answered.',
  },
  upstream_auth: {
    status: 502,
    type: 'server_error',
    code: 'upstream_auth',
    shouldRetry: false,
    recovery: 'elsewhere',
    message:
      "The model provider refused the gateway's own credential. Your API key is not the problem; tell whoever runs the gateway.",
  },
  tool_failed: {
    status: 502,
    type: 'server_error',
    code: 'tool_failed',
    // What can be tried again has been; what cannot may have been done.
    shouldRetry: false,
    message: 'The tool failed.',
  },
  circuit_open: {
    status: 503,
    type: 'server_error',
    code: 'circuit_open',
    recovery: 'elsewhere',
    message: 'The model provider is failing and is left alone for a while.',
  },
  overloaded: {
    status: 503,
    type: 'server_error',
    code: 'overloaded',
    message: 'The gateway cannot reach one of its stores. Try again shortly.',
  },
  moderation_unavailable: {
    status: 503,
    type: 'server_error',
    code: 'moderation_unavailable',
    message: "The request could not be checked against the project's content policy. Try again shortly.",
  },
  not_cached: {
    status: 504,
    type: 'server_error',
    code: 'not_cached',
    shouldRetry: false,
    message: 'The answer is not in the cache, and the request says only-if-cached.',
  },
  tool_timeout: {
    status: 504,
    type: 'server_error',
    code: 'tool_timeout',
    shouldRetry: false,
    message: 'The tool did not answer in time.',
  },
  upstream_timeout: {
    status: 504,
    type: 'server_error',
    code: 'upstream_timeout',
    recovery: 'elsewhere',
    message: 'The model provider did not answer in time.',
  },
  upstream_connect_timeout: {
    status: 504,
    type: 'server_error',
    code: 'upstream_connect_timeout',
    recovery: 'again',
    message: 'The model provider could not be reached in time.',
  },
  upstream_first_chunk_timeout: {
    status: 504,
    type: 'server_error',
    code: 'upstream_first_chunk_timeout',
    recovery: 'again',
    message: 'The model provider took the request and did not begin to answer in time.',
  },
  upstream_idle_timeout: {
    status: 504,
    type: 'server_error',
    code: 'upstream_idle_timeout',
    recovery: 'again',
    message: 'The model provider fell silent in the midst of its answer.',
  },
} as const satisfies Record<string, ErrorRow>;
