/** What one machine, which serves all functions, knows of them all. On AWS that is in CloudWatch. */

export const expositionHeaders = {
  'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  'cache-control': 'no-store',
} as const;

/** Of the last minutes. */
export type RecentRequests = {
  readonly windowSeconds: number;
  readonly requests: number;
  /** Answered with 4xx. Null where that is not told apart. */
  readonly clientErrors: number | null;
  /** Answered with 5xx, or broken off in the midst of a stream. */
  readonly serverErrors: number;
  /** Null where there were none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costMicroUsd: number;
};

export interface Host {
  /** All metrics, in the text format that Prometheus scrapes. */
  exposition(): Promise<string>;
  recent(): RecentRequests;
}
