/**
 * Every metric, as data: what is emitted, the alarms, the dashboard and the docs are made of it.
 *
 * CloudWatch charges for each metric and each combination of dimensions that had
 * data in an hour, so a metric has several small dimension sets rather than one
 * large one: docs/adr/0073. Values of dimensions are names of the configuration
 * and of our own tables, never a caller's words.
 */

export const metricNamespace = 'Sluice';

/** On every metric: stages of one account stay apart. Powertools reads it from POWERTOOLS_SERVICE_NAME. */
export const serviceOf = (stage: string): string => `sluice-${stage}`;

/** What a metric may be told apart by, besides the stage, and by no more than one of them. */
export const metricDimensions = [
  /** A name of the catalogue; `*` for all that callers make up where sluice.json lets them. */
  'model',
  /** A provider of sluice.json. */
  'provider',
  /** `ok`, or the cause in shared/error-table.ts. */
  'outcome',
  /** `safe`, `flagged`, `sanitized` or `blocked`. */
  'safety',
] as const;
export type MetricDimension = (typeof metricDimensions)[number];

export type MetricDefinition = {
  /** `None` for money, in micro-dollars, so that sums stay exact. */
  readonly unit: 'Count' | 'Milliseconds' | 'None';
  /** `total` for the stage as a whole. */
  readonly by: readonly ('total' | MetricDimension)[];
  /** With the line of a request, or by itself when it happens. */
  readonly told: 'request' | 'event';
};

export const metricDefinitions = {
  /** Requests that have ended. */
  Requests: { unit: 'Count', by: ['total', 'model', 'outcome'], told: 'request' },
  /** 1 for a request that ended in a 5xx, or in an error within its stream, and 0 for any other: its average is the share. */
  ServerErrors: { unit: 'Count', by: ['total'], told: 'request' },
  /** Of those, the ones that are nobody else’s fault: `internal` and `overloaded`. */
  GatewayErrors: { unit: 'Count', by: ['total'], told: 'request' },
  /** Of all requests, lines of batches; one that has to wait is counted again when it is asked again. */
  BatchLines: { unit: 'Count', by: ['total'], told: 'request' },
  /** Requests refused by a limit on requests, tokens or streams. Lines of batches wait for theirs and do not count. */
  RateLimited: { unit: 'Count', by: ['total'], told: 'request' },
  /** Requests refused because a budget is used up. */
  OutOfBudget: { unit: 'Count', by: ['total'], told: 'request' },
  /** Requests that failed because a provider asked to be left alone. */
  ProviderThrottles: { unit: 'Count', by: ['total'], told: 'request' },
  /** From the request to the last byte of its answer. */
  Latency: { unit: 'Milliseconds', by: ['total'], told: 'request' },
  /** From the request to the first byte of its answer, of calls of models that are streamed: whole answers are all there at once. */
  TimeToFirstByte: { unit: 'Milliseconds', by: ['total', 'model'], told: 'request' },
  /** Of the time before the first byte, what was spent waiting for providers. */
  ProviderLatency: { unit: 'Milliseconds', by: ['total', 'provider'], told: 'request' },
  /** Of the time before the first byte, the rest. */
  Overhead: { unit: 'Milliseconds', by: ['total'], told: 'request' },
  /** Attempts at providers beyond the first of a request. */
  Retries: { unit: 'Count', by: ['total'], told: 'request' },
  /** Tokens that providers have read. */
  InputTokens: { unit: 'Count', by: ['total', 'model'], told: 'request' },
  /** Tokens that models have written. */
  OutputTokens: { unit: 'Count', by: ['total', 'model'], told: 'request' },
  /** Micro-dollars that calls have cost, as in the ledger. What the sweep charges is not in it. */
  CostMicroUsd: { unit: 'None', by: ['total', 'model'], told: 'request' },
  /** 1 for a request that the cache answered, stale or not, and 0 for one that it could not: its average is the hit rate. */
  CacheHits: { unit: 'Count', by: ['total'], told: 'request' },
  /** Requests that guardrails looked at, by the gravest of what they did. */
  GuardedRequests: { unit: 'Count', by: ['safety'], told: 'request' },
  /** From the last byte of an answer until its cost stood in the ledger and on the counters. */
  SettlementLag: { unit: 'Milliseconds', by: ['total'], told: 'request' },
  /** First requests of an instance. */
  ColdStarts: { unit: 'Count', by: ['total'], told: 'request' },
  /** With a cold start: from the start of the process until its function was wired. */
  InitDuration: { unit: 'Milliseconds', by: ['total'], told: 'request' },
  /** Calls that cost more than was reserved for them. */
  CostAboveBound: { unit: 'Count', by: ['total'], told: 'request' },
  /** A model of a provider was found to fail and is left alone. */
  CircuitOpened: { unit: 'Count', by: ['total'], told: 'event' },
  /** A circuit closed again: its provider answers. */
  CircuitClosed: { unit: 'Count', by: ['total'], told: 'event' },
  /** How many circuits the sweep found not to be closed, where there were any. */
  OpenCircuits: { unit: 'Count', by: ['total'], told: 'event' },
  /** A provider refused the credential of the gateway. */
  CredentialRefused: { unit: 'Count', by: ['total'], told: 'event' },
  /** Content could not be checked. */
  ModerationUnavailable: { unit: 'Count', by: ['total'], told: 'event' },
  /** A request or an answer that its project’s safety policy flagged, sanitized or blocked. */
  SafetyViolation: { unit: 'Count', by: ['total'], told: 'event' },
  /** A violation was found, and not written down. */
  ViolationLost: { unit: 'Count', by: ['total'], told: 'event' },
  /** A call, or its content, that its project wants logged, and that is not. */
  RequestLogLost: { unit: 'Count', by: ['total'], told: 'event' },
  /** The table of limits and budgets did not do what it was asked. */
  BudgetStoreErrors: { unit: 'Count', by: ['total'], told: 'event' },
  /** Calls that nobody had settled, closed at their bound by the sweep. */
  ReservationsSwept: { unit: 'Count', by: ['total'], told: 'event' },
  /** How many budgets of projects, and of the organization, the sweep found to be overspent, where there were any. */
  NegativeBudgets: { unit: 'Count', by: ['total'], told: 'event' },
  /** A daily usage report was made and published. */
  DailyReports: { unit: 'Count', by: ['total'], told: 'event' },
  /** A monthly usage report was made and published. */
  MonthlyReports: { unit: 'Count', by: ['total'], told: 'event' },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;

type Told<When> = {
  [Name in MetricName]: (typeof metricDefinitions)[Name]['told'] extends When ? Name : never;
}[MetricName];

/** What is told when it happens, whatever request it happens in. */
export type WatchedEvent = Told<'event'>;
export type RequestMetricName = Told<'request'>;
