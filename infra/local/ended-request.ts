/** Requests as the host of one machine hears of them once they have ended. */
import type { RequestRecord } from '../../shared/observability/request-record.ts';
import type { QueueName } from '../../shared/queues/queue.ts';
import { type GatewayResponseType, gatewayResponses } from '../gateway-responses.ts';

/** Who brought it: a caller, to a function; a caller, and the gateway answered in a function's place; or a queue's worker. */
export type Origin = 'caller' | 'gateway' | `queue ${QueueName}`;

export type EndedRequest = { readonly record: RequestRecord; readonly origin: Origin };

/** It must not throw. */
export type OnEnded = (ended: EndedRequest) => void;

export type Refused = {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly receivedAtMs: number;
  readonly latencyMs: number;
};

/** What API Gateway would answer by itself. */
export const refused = (type: GatewayResponseType, { latencyMs, ...facts }: Refused): EndedRequest => ({
  record: {
    ...facts,
    outcome: gatewayResponses[type],
    latencyMs,
    firstByteMs: latencyMs,
    overheadMs: latencyMs,
    stagesMs: {},
    report: {},
  },
  origin: 'gateway',
});
