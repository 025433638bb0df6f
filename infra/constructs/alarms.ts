/** The alarms of infra/alarms.ts. Whoever looks after the gateway subscribes to their topic. */
import {
  Alarm,
  AnomalyDetectionAlarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import { type MetricName, metricNamespace, serviceOf } from '../../shared/observability/metric-definitions.ts';
import { type AlarmDefinition, alarmsOf, runbookOf, type Watched } from '../alarms.ts';
import type { Deployment } from '../deployment.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Queues } from './queues.ts';

export type AlarmsProps = {
  readonly deployment: Deployment;
  readonly queues: Queues;
  readonly deadLetters: DeadLetters;
};

export class Alarms extends Construct {
  readonly topic: Topic;
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
    const { deployment } = props;
    this.topic = new Topic(this, 'Topic', { displayName: `Sluice ${deployment.stage} alarms`, enforceSSL: true });
    NagSuppressions.addResourceSuppressions(this.topic, [
      {
        id: 'AwsSolutions-SNS2',
        reason:
          "CloudWatch cannot publish to a topic under SNS's own key, and a key of one's own costs money while idle. Alarms say names and numbers only.",
      },
    ]);
    for (const definition of alarmsOf(deployment)) this.create(definition).addAlarmAction(new SnsAction(this.topic));
  }

  private create(definition: AlarmDefinition): Alarm {
    const { name, watches, periodSeconds, evaluationPeriods, datapointsToAlarm, threshold, below, says } = definition;
    const common = {
      alarmDescription: `${says} Runbook: ${runbookOf(definition)}`,
      metric: this.metric(watches, Duration.seconds(periodSeconds)),
      evaluationPeriods,
      ...(datapointsToAlarm !== undefined && { datapointsToAlarm }),
      treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    };
    if (watches.kind === 'spike') {
      return new AnomalyDetectionAlarm(this, name, {
        ...common,
        stdDevs: watches.deviations,
        comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
      });
    }
    return new Alarm(this, name, {
      ...common,
      threshold,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    });
  }

  private metric(watches: Watched, period: Duration): IMetric {
    switch (watches.kind) {
      case 'metric':
        return this.ours(watches.metric, watches.statistic, period);
      case 'spike':
        return this.ours(watches.metric, 'Sum', period);
      case 'share':
        // Where a part has no data there is no share, which is as good as none.
        return new MathExpression({
          expression: `IF(part >= ${watches.partAtLeast}, part / whole, 0)`,
          usingMetrics: {
            part: this.ours(watches.part, 'Sum', period),
            whole: this.ours(watches.of, 'Sum', period),
          },
          period,
        });
      case 'deadLetters':
        return this.deadLettersOf(watches.of).metricApproximateNumberOfMessagesVisible({
          statistic: 'Maximum',
          period,
        });
      case 'aws':
        return new Metric({
          namespace: watches.namespace,
          metricName: watches.metric,
          statistic: watches.statistic,
          period,
        });
    }
  }

  private ours(metricName: MetricName, statistic: string, period: Duration): Metric {
    const dimensionsMap = { service: serviceOf(this.props.deployment.stage) };
    return new Metric({ namespace: metricNamespace, metricName, dimensionsMap, statistic, period });
  }

  private deadLettersOf(name: Extract<Watched, { kind: 'deadLetters' }>['of']) {
    const { queues, deadLetters } = this.props;
    const queue = name === 'schedules' ? deadLetters.queue : queues.deadLetters.get(name);
    if (!queue) throw new Error(`No queue is called ${name}`);
    return queue;
  }
}
