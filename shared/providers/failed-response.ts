/**
 * A response that says of itself that it has failed: in a 200, or in the midst of a stream.
 * https://platform.openai.com/docs/api-reference/responses/object#responses/object-error
 */
import { type ErrorCause, type ErrorDetails, GatewayError } from '../errors.ts';
import { type Usage, usageOf } from '../usage/token-usage.ts';

/** Codes that are about the request: nobody else would answer it, and its caller is told. */
const callersFault = new Set<unknown>([
  ...['invalid_prompt', 'context_length_exceeded', 'bio_policy', 'misalignment_policy_violation'],
  ...['invalid_image', 'invalid_image_format', 'invalid_image_url', 'invalid_image_mode', 'invalid_base64_image'],
  ...['image_too_large', 'image_too_small', 'image_file_too_large', 'image_parse_error', 'image_file_not_found'],
  ...['image_content_policy_violation', 'unsupported_image_media_type', 'empty_image_file', 'failed_to_download_image'],
]);

export class FailedResponse extends GatewayError {
  /** What it has used before it failed; null where it does not say. */
  readonly usage: Usage | null;

  constructor({ error, usage }: { readonly error?: unknown; readonly usage?: unknown }) {
    super(...saidOf(error));
    this.usage = usageOf(usage);
  }
}

/** Of a provider's error, its code alone: what else it says may be any text (I6). */
function saidOf(error: unknown): [ErrorCause, ErrorDetails?] {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (code === 'rate_limit_exceeded') {
    const message = 'The model provider is rate limiting the gateway. Wait as long as the retry-after header says.';
    return ['rate_limit_exceeded', { message, headers: { 'retry-after': '1' } }];
  }
  if (typeof code !== 'string' || !callersFault.has(code)) return ['upstream_error'];
  return [
    'invalid_request',
    { message: `The model provider refused the request: ${code}.`, upstream: { status: 400, code } },
  ];
}
