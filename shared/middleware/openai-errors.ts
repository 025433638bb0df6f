/** Every failure in the shape that the SDKs read. A message leaves only where somebody chose it; the rest is a log line. */
import type { MiddlewareObj } from '@middy/core';
import { asGatewayError, bodyOf, type GatewayError, headersOf } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Log } from '../observability/log.ts';
import type { RequestContext } from './request-context.ts';

export function answerTo(error: GatewayError, requestId: string): HttpResponse {
  const body = bodyOf(error);
  const shown =
    error.why === 'internal'
      ? { error: { ...body.error, message: `${body.error.message} Request id: ${requestId}` } }
      : body;
  return json(error.row.status, shown, headersOf(error));
}

export const openAiErrors = ({
  log,
}: {
  readonly log: Log;
}): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  onError: (request) => {
    const error = asGatewayError(request.error);
    const { requestId, report } = request.context;
    report.failure = error.why;
    report.trail?.debug?.('refused', { why: error.why, stage: report.trail.spans.at(-1)?.stage });
    if (error.row.status >= 500)
      log.error('request failed', { requestId, why: error.why, error: error.cause ?? error });
    request.response = answerTo(error, requestId);
  },
});
