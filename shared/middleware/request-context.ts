/** The state of one request while it passes through the pipeline. It belongs to the request and to nothing else (I10). */
import type { Context } from 'aws-lambda';
import type { RequestReport } from '../http/call.ts';
import type { AdmittedCall } from '../inference/admit-call.ts';
import type { Caller } from '../keys/caller.ts';
import type { Operation } from './operation.ts';

export type RequestContext = Context & {
  requestId: string;
  receivedAtMs: number;
  operation: Operation;
  caller: Caller;
  body: unknown;
  bodyBytes: number;
  report: RequestReport;
  pending: (() => Promise<void>)[];
  admitted: AdmittedCall | undefined;
  /** `x-ratelimit-*` and their like, for every answer to an admitted call. */
  limitHeaders: Readonly<Record<string, string>>;
};
