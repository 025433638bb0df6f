/**
 * The dashboard as data: what somebody asks who opens it, and what answers. Whatever is ours in it is in
 * shared/observability/metric-definitions.ts, so that it shows nothing that nobody tells.
 */
import type { MetricName } from '../shared/observability/metric-definitions.ts';
import type { TableName } from '../shared/tables.ts';
import type { DashboardSection } from './dashboard-line.ts';

/** Those that a model's call waits for. */
export const watchedTables = ['keys', 'admission', 'usage', 'idempotency'] as const satisfies readonly TableName[];

const dollars = 1 / 1_000_000;

export const dashboardSections: readonly DashboardSection[] = [
  {
    question: 'Is it up?',
    widgets: [
      {
        title: 'Requests by outcome',
        unit: 'Count',
        lines: [{ metric: 'Requests', by: 'outcome', statistic: 'Sum' }],
      },
      {
        title: 'Failures',
        unit: 'Count',
        lines: [
          { metric: 'ServerErrors', statistic: 'Sum', label: '5xx, and errors within streams' },
          { metric: 'GatewayErrors', statistic: 'Sum', label: "of them the gateway's own" },
          { of: 'api', metric: '5XXError', statistic: 'Sum', label: '5xx of API Gateway' },
          { of: 'api', metric: '4XXError', statistic: 'Sum', label: '4xx of API Gateway' },
        ],
      },
      {
        title: 'Requests, and those of models',
        unit: 'Count',
        lines: [
          { metric: 'Requests', by: 'model', statistic: 'Sum' },
          { of: 'api', metric: 'Count', statistic: 'Sum', label: 'at API Gateway' },
          { metric: 'Requests', statistic: 'Sum', label: 'ended by a function' },
          { metric: 'BatchLines', statistic: 'Sum', label: 'of these, lines of batches' },
        ],
      },
    ],
  },
  {
    question: 'Is it slow, and whose fault is that?',
    widgets: [
      {
        title: 'Before the first byte: the gateway, and the providers',
        unit: 'Milliseconds',
        lines: [
          { metric: 'Overhead', statistic: 'p50', label: 'gateway p50' },
          { metric: 'Overhead', statistic: 'p95', label: 'gateway p95' },
          { metric: 'ProviderLatency', statistic: 'p50', label: 'providers p50' },
          { metric: 'ProviderLatency', statistic: 'p95', label: 'providers p95' },
        ],
      },
      {
        title: 'Providers, p95 before the first byte',
        unit: 'Milliseconds',
        lines: [{ metric: 'ProviderLatency', by: 'provider', statistic: 'p95' }],
      },
      {
        title: 'Time to the first byte by model, p95',
        unit: 'Milliseconds',
        lines: [{ metric: 'TimeToFirstByte', by: 'model', statistic: 'p95' }],
      },
      {
        title: 'Until the last byte',
        unit: 'Milliseconds',
        lines: [
          { metric: 'TimeToFirstByte', statistic: 'p95', label: 'to the first byte p95' },
          { metric: 'Latency', statistic: 'p50', label: 'whole p50' },
          { metric: 'Latency', statistic: 'p99', label: 'whole p99' },
          { of: 'api', metric: 'Latency', statistic: 'p95', label: 'of API Gateway p95' },
          { of: 'api', metric: 'IntegrationLatency', statistic: 'p95', label: 'of it in functions p95' },
        ],
      },
      {
        title: 'Cold starts',
        unit: 'Count',
        lines: [{ metric: 'ColdStarts', statistic: 'Sum', label: 'first requests of an instance' }],
      },
      {
        title: 'How long an instance takes to be ready',
        unit: 'Milliseconds',
        lines: [
          { metric: 'InitDuration', statistic: 'p50', label: 'p50' },
          { metric: 'InitDuration', statistic: 'Maximum', label: 'longest' },
        ],
      },
    ],
  },
  {
    question: 'What does it cost?',
    widgets: [
      {
        title: 'Dollars by model',
        unit: 'Dollars',
        lines: [{ metric: 'CostMicroUsd', by: 'model', statistic: 'Sum', factor: dollars }],
      },
      {
        title: 'Dollars',
        unit: 'Dollars',
        lines: [{ metric: 'CostMicroUsd', statistic: 'Sum', factor: dollars, label: 'all models' }],
      },
      {
        title: 'Tokens by model',
        unit: 'Count',
        lines: [
          { metric: 'InputTokens', by: 'model', statistic: 'Sum', label: 'in' },
          { metric: 'OutputTokens', by: 'model', statistic: 'Sum', label: 'out' },
        ],
      },
      {
        title: 'Tokens',
        unit: 'Count',
        lines: [
          { metric: 'InputTokens', statistic: 'Sum', label: 'in' },
          { metric: 'OutputTokens', statistic: 'Sum', label: 'out' },
        ],
      },
      {
        title: 'Answered by the cache',
        unit: 'Share',
        lines: [{ metric: 'CacheHits', statistic: 'Average', label: 'of those that it could answer' }],
      },
      {
        title: 'Accounts that do not add up',
        unit: 'Count',
        lines: [
          { metric: 'CostAboveBound', statistic: 'Sum', label: 'calls above their bound' },
          { metric: 'ReservationsSwept', statistic: 'Sum', label: 'calls closed by the sweep' },
          { metric: 'NegativeBudgets', statistic: 'Maximum', label: 'overspent budgets' },
        ],
      },
    ],
  },
  {
    question: 'Who is held back?',
    widgets: [
      {
        title: 'By limits and budgets',
        unit: 'Count',
        lines: [
          { metric: 'RateLimited', statistic: 'Sum', label: 'by limits' },
          { metric: 'OutOfBudget', statistic: 'Sum', label: 'by budgets' },
        ],
      },
      {
        title: 'By guardrails',
        unit: 'Count',
        lines: [
          { metric: 'GuardedRequests', by: 'safety', statistic: 'Sum' },
          { metric: 'SafetyViolation', statistic: 'Sum', label: 'violations' },
          { metric: 'ViolationLost', statistic: 'Sum', label: 'violations not written down' },
          { metric: 'RequestLogLost', statistic: 'Sum', label: 'calls not logged' },
          { metric: 'ModerationUnavailable', statistic: 'Sum', label: 'moderation unavailable' },
        ],
      },
      {
        title: 'By providers and their circuits',
        unit: 'Count',
        lines: [
          { metric: 'ProviderThrottles', statistic: 'Sum', label: 'throttled by providers' },
          { metric: 'Retries', statistic: 'Sum', label: 'attempts beyond the first' },
          { metric: 'OpenCircuits', statistic: 'Maximum', label: 'circuits open' },
          { metric: 'CircuitOpened', statistic: 'Sum', label: 'opened' },
          { metric: 'CircuitClosed', statistic: 'Sum', label: 'closed' },
          { metric: 'CredentialRefused', statistic: 'Sum', label: 'credentials refused' },
        ],
      },
    ],
  },
  {
    question: 'What waits?',
    widgets: [
      {
        title: 'Messages that wait',
        unit: 'Count',
        lines: [{ of: 'queues', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' }],
      },
      {
        title: 'Age of the oldest',
        unit: 'Seconds',
        lines: [{ of: 'queues', metric: 'ApproximateAgeOfOldestMessage', statistic: 'Maximum' }],
      },
      {
        title: 'Dead letters',
        unit: 'Count',
        lines: [{ of: 'deadLetters', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' }],
      },
    ],
  },
  {
    question: 'Do Lambda and DynamoDB keep up?',
    widgets: [
      {
        title: 'Functions of the account',
        unit: 'Count',
        lines: [
          { of: 'account', metric: 'Errors', statistic: 'Sum', label: 'errors' },
          { of: 'account', metric: 'Throttles', statistic: 'Sum', label: 'throttles' },
          { of: 'account', metric: 'ConcurrentExecutions', statistic: 'Maximum', label: 'at the same time' },
        ],
      },
      {
        title: 'DynamoDB, tables that calls wait for',
        unit: 'Milliseconds',
        lines: [{ of: 'tables', metric: 'SuccessfulRequestLatency', statistic: 'Average' }],
      },
      {
        title: 'DynamoDB that holds back or fails',
        unit: 'Count',
        lines: [
          { of: 'tables', metric: 'ThrottledRequests', statistic: 'Sum' },
          { metric: 'BudgetStoreErrors', statistic: 'Sum', label: 'limits and budgets not read or written' },
        ],
      },
      {
        title: 'From the last byte until the accounts are settled',
        unit: 'Milliseconds',
        lines: [
          { metric: 'SettlementLag', statistic: 'p50', label: 'p50' },
          { metric: 'SettlementLag', statistic: 'p99', label: 'p99' },
        ],
      },
    ],
  },
];

/** Told to be missed by an alarm: a line that is 1 once a day says nothing. */
export const notOnTheDashboard: readonly MetricName[] = ['DailyReports', 'MonthlyReports'];
