/** What a line of the dashboard may show. */
import type { MetricDimension, MetricName, metricDefinitions } from '../shared/observability/metric-definitions.ts';

export type Statistic = 'Sum' | 'Average' | 'Maximum' | 'p50' | 'p95' | 'p99';

type DimensionOf<Name extends MetricName> = Exclude<(typeof metricDefinitions)[Name]['by'][number], 'total'>;
type HasTotal<Name extends MetricName> = 'total' extends (typeof metricDefinitions)[Name]['by'][number] ? Name : never;

/** Of ours: of the stage as a whole, or a line for each value of a dimension. In what it is emitted in, times `factor`. */
type OwnLine = { readonly statistic: Statistic; readonly label?: string; readonly factor?: number } & (
  | { readonly metric: { [Name in MetricName]: HasTotal<Name> }[MetricName]; readonly by?: never }
  | {
      [Name in MetricName]: [DimensionOf<Name>] extends [never]
        ? never
        : { readonly metric: Name; readonly by: DimensionOf<Name> & MetricDimension };
    }[MetricName]
);

/** Of AWS's, which are free: of the API, of all functions of the account, of each queue or of tables. */
type AwsLine =
  | { readonly of: 'api'; readonly metric: 'Count' | '4XXError' | '5XXError' | 'Latency' | 'IntegrationLatency' }
  | { readonly of: 'account'; readonly metric: 'Errors' | 'Throttles' | 'ConcurrentExecutions' }
  | { readonly of: 'queues'; readonly metric: 'ApproximateNumberOfMessagesVisible' | 'ApproximateAgeOfOldestMessage' }
  | { readonly of: 'deadLetters'; readonly metric: 'ApproximateNumberOfMessagesVisible' }
  | { readonly of: 'tables'; readonly metric: 'SuccessfulRequestLatency' | 'ThrottledRequests' };

export type DashboardLine = OwnLine | (AwsLine & { readonly statistic: Statistic; readonly label?: string });

export type DashboardWidget = {
  readonly title: string;
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds' | 'Dollars' | 'Share';
  readonly lines: readonly DashboardLine[];
};

export type DashboardSection = { readonly question: string; readonly widgets: readonly DashboardWidget[] };
