/**
 * What is thrown, and what leaves of it. A message leaves only because somebody
 * wrote it into a `GatewayError`; everything else that is thrown becomes
 * `internal`, with a log line that keeps the cause.
 */
import { type ErrorRow, errorTable, type Recovery } from './error-table.ts';

export type ErrorCause = keyof typeof errorTable;

/** A provider was too slow, in whichever of its waits. */
export const upstreamTimeouts: readonly ErrorCause[] = [
  'upstream_timeout',
  'upstream_connect_timeout',
  'upstream_first_chunk_timeout',
  'upstream_idle_timeout',
];

export type ErrorBody = {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
};

export type ErrorDetails = {
  /** Replaces the table's message. Anyone may read it: never a prompt, an answer or a key. */
  readonly message?: string;
  /** The parameter at fault, as the caller wrote it: `messages[2].role`. */
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log alone. */
  readonly cause?: unknown;
  /** A provider's own code and status, where its verdict about the request passes through. */
  readonly upstream?: { readonly status: number; readonly code: string | null };
  /** Where more is known than the table says. */
  readonly recovery?: Recovery;
};

/** An error whose message may leave the building. */
export class GatewayError extends Error {
  readonly why: ErrorCause;
  readonly row: ErrorRow;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly recovery: Recovery;

  constructor(why: ErrorCause, { message, param, headers = {}, cause, upstream, recovery }: ErrorDetails = {}) {
    const row: ErrorRow = errorTable[why];
    super(message ?? row.message, { cause });
    this.name = 'GatewayError';
    this.why = why;
    this.row = upstream ? { ...row, ...upstream } : row;
    this.param = param ?? null;
    this.headers = headers;
    this.recovery = recovery ?? this.row.recovery ?? 'none';
  }
}

/** The body in the shape that every SDK reads; all four keys, always. */
export const errorBody = ({ type, code, message }: ErrorRow, param: string | null = null): ErrorBody => ({
  error: { message, type, param, code },
});

/** Whatever was thrown, as an error that may leave. What nobody chose to show becomes a 500 that says nothing. */
export const asGatewayError = (thrown: unknown): GatewayError =>
  thrown instanceof GatewayError ? thrown : new GatewayError('internal', { cause: thrown });

export const bodyOf = ({ row, message, param }: GatewayError): ErrorBody => errorBody({ ...row, message }, param);

/** Headers that an error's answer carries besides the usual ones. */
export const headersOf = ({ row, headers }: GatewayError): Record<string, string> => ({
  ...(row.shouldRetry !== undefined && { 'x-should-retry': String(row.shouldRetry) }),
  ...headers,
});
