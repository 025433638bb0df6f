/**
 * API Gateway's own answers, in the shape that the SDKs read. They come from the
 * same table of errors as the functions' answers; CDK makes GatewayResponses of
 * them, and the local host sends them where API Gateway would.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
import { errorTable } from '../shared/error-table.ts';
import { type ErrorCause, errorBody } from '../shared/errors.ts';

/** What API Gateway calls the case, and which of our errors it is. */
export const gatewayResponses = {
  DEFAULT_4XX: 'invalid_request',
  DEFAULT_5XX: 'internal',
  ACCESS_DENIED: 'insufficient_permissions',
  API_CONFIGURATION_ERROR: 'internal',
  AUTHORIZER_CONFIGURATION_ERROR: 'internal',
  AUTHORIZER_FAILURE: 'internal',
  BAD_REQUEST_BODY: 'invalid_request',
  BAD_REQUEST_PARAMETERS: 'invalid_request',
  EXPIRED_TOKEN: 'invalid_api_key',
  INTEGRATION_FAILURE: 'overloaded',
  INTEGRATION_TIMEOUT: 'upstream_timeout',
  INVALID_API_KEY: 'invalid_api_key',
  INVALID_SIGNATURE: 'invalid_api_key',
  // API Gateway's name for a path or a method that it does not know.
  MISSING_AUTHENTICATION_TOKEN: 'unknown_route',
  QUOTA_EXCEEDED: 'rate_limit_exceeded',
  REQUEST_TOO_LARGE: 'request_too_large',
  RESOURCE_NOT_FOUND: 'unknown_route',
  THROTTLED: 'rate_limit_exceeded',
  UNAUTHORIZED: 'invalid_api_key',
  UNSUPPORTED_MEDIA_TYPE: 'invalid_request',
  WAF_FILTERED: 'insufficient_permissions',
} as const satisfies Record<string, ErrorCause>;

export type GatewayResponseType = keyof typeof gatewayResponses;

/**
 * Those that API Gateway has to be told. What it is not told it answers as the default of its class, and nothing else here
 * is an `invalid_request` but with 4xx, or `internal` but with 5xx.
 */
export const toldGatewayResponses: readonly GatewayResponseType[] = (
  Object.keys(gatewayResponses) as GatewayResponseType[]
).filter(
  (type) =>
    type.startsWith('DEFAULT_') ||
    (gatewayResponses[type] !== gatewayResponses.DEFAULT_4XX &&
      gatewayResponses[type] !== gatewayResponses.DEFAULT_5XX),
);

export type GatewayAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
};

export function gatewayAnswer(type: GatewayResponseType): GatewayAnswer {
  const row = errorTable[gatewayResponses[type]];
  return {
    status: row.status,
    // API Gateway throttles by the second.
    headers: { 'content-type': 'application/json', ...(row.status === 429 && { 'retry-after': '1' }) },
    body: JSON.stringify(errorBody(row)),
  };
}
