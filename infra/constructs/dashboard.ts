/** What CloudWatch shows at a glance, built from `infra/dashboard.ts` and from nothing else. */
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  GraphWidgetView,
  type IAlarm,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
  SearchExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { metricNamespace, serviceOf } from '../../shared/observability/metric-definitions.ts';
import { dashboardSections, watchedTables } from '../dashboard.ts';
import type { DashboardLine, DashboardWidget } from '../dashboard-line.ts';
import type { Deployment } from '../deployment.ts';
import type { Api } from './api.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Queues } from './queues.ts';
import type { Tables } from './tables.ts';

export type DashboardProps = {
  readonly deployment: Deployment;
  readonly api: Api;
  readonly queues: Queues;
  readonly deadLetters: DeadLetters;
  readonly tables: Tables;
  readonly alarms: readonly IAlarm[];
};

/** What DynamoDB, Lambda and API Gateway tell of comes by the minute; five show a day without gaps. */
const period = Duration.minutes(5);
const width = 24;
const perRow = 3;

const axes: Record<DashboardWidget['unit'], { readonly label: string; readonly max?: number }> = {
  Count: { label: 'in 5 minutes' },
  Milliseconds: { label: 'ms' },
  Seconds: { label: 's' },
  Dollars: { label: '$ in 5 minutes' },
  Share: { label: 'of 1', max: 1 },
};

export class Dashboard extends Construct {
  private readonly props: DashboardProps;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.props = props;
    const { stage } = props.deployment;
    new CloudWatchDashboard(this, 'Dashboard', {
      // Names of dashboards are the account's, whatever the region.
      dashboardName: `sluice-${stage}-${Stack.of(this).region}`,
      defaultInterval: Duration.hours(12),
      widgets: [
        // CloudWatch refuses one of no alarms.
        props.alarms.length > 0
          ? [new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width, height: 4 })]
          : [],
        ...dashboardSections.flatMap(({ question, widgets }): IWidget[][] => [
          [new TextWidget({ markdown: `# ${question}`, width, height: 1 })],
          ...rows(widgets).map((row) => row.map((widget) => this.graph(widget))),
        ]),
      ],
    });
  }

  private graph({ title, unit, lines }: DashboardWidget): GraphWidget {
    return new GraphWidget({
      title,
      width: width / perRow,
      height: 6,
      view: GraphWidgetView.TIME_SERIES,
      period,
      leftYAxis: { min: 0, showUnits: false, ...axes[unit] },
      left: lines.flatMap((line) => this.metricsOf(line)),
    });
  }

  private metricsOf(line: DashboardLine): IMetric[] {
    const { metric: metricName, statistic } = line;
    const label = line.label === undefined ? {} : { label: line.label };
    const common = { metricName, statistic, period, ...label };
    const { api, queues, deadLetters } = this.props;
    if (!('of' in line)) return [this.own(line)];
    switch (line.of) {
      case 'api':
        return [new Metric({ ...common, namespace: 'AWS/ApiGateway', dimensionsMap: api.metricDimensions })];
      case 'account':
        return [new Metric({ ...common, namespace: 'AWS/Lambda' })];
      case 'queues':
        return [...queues.all].map(([name, queue]) => ofQueue(queue, { ...common, label: name }));
      case 'deadLetters':
        return [
          ofQueue(deadLetters.queue, { ...common, label: 'schedules' }),
          ...[...queues.deadLetters].map(([name, queue]) => ofQueue(queue, { ...common, label: name })),
        ];
      case 'tables':
        return [this.ofTables(line)];
    }
  }

  private own({ metric, by, statistic, label, factor }: Exclude<DashboardLine, { of: string }>): IMetric {
    const service = serviceOf(this.props.deployment.stage);
    if (by !== undefined) {
      const found = search(`{${metricNamespace},service,${by}} MetricName="${metric}" service="${service}"`, statistic);
      return new SearchExpression({
        expression: factor === undefined ? found : `${found} * ${factor}`,
        label: label === undefined ? dimension(by) : `${dimension(by)} ${label}`,
        period,
      });
    }
    const told = new Metric({
      namespace: metricNamespace,
      metricName: metric,
      dimensionsMap: { service },
      statistic,
      period,
      label: label ?? metric,
    });
    if (factor === undefined) return told;
    return new MathExpression({
      expression: `told * ${factor}`,
      usingMetrics: { told },
      label: label ?? metric,
      period,
    });
  }

  /** Each operation of each of them is a metric. A search names at most 1,024 characters. */
  private ofTables({ metric, statistic }: Pick<DashboardLine, 'metric' | 'statistic'>): IMetric {
    const names = watchedTables.map((name) => `"${this.props.tables.nameOf(name)}"`).join(' OR ');
    return new SearchExpression({
      expression: search(`{AWS/DynamoDB,TableName,Operation} MetricName="${metric}" TableName=(${names})`, statistic),
      label: `${dimension('TableName')} ${dimension('Operation')}`,
      period,
    });
  }
}

const search = (terms: string, statistic: string): string =>
  `SEARCH('${terms}', '${statistic}', ${period.toSeconds()})`;

/** In the label of a line that a search has found: what it was found by. */
const dimension = (name: string): string => `\${PROP('Dim.${name}')}`;

const ofQueue = (
  queue: Queue,
  common: {
    readonly metricName: string;
    readonly statistic: string;
    readonly period: Duration;
    readonly label: string;
  },
): IMetric => new Metric({ ...common, namespace: 'AWS/SQS', dimensionsMap: { QueueName: queue.queueName } });

function rows<Value>(values: readonly Value[]): Value[][] {
  return Array.from({ length: Math.ceil(values.length / perRow) }, (_, row) =>
    values.slice(row * perRow, (row + 1) * perRow),
  );
}
