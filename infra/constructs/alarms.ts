/** What must not go unnoticed. Whoever looks after the gateway subscribes to the topic. */
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';

export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { stage }: Deployment) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: `Sluice ${stage} alarms`, enforceSSL: true });
    NagSuppressions.addResourceSuppressions(this.topic, [
      {
        id: 'AwsSolutions-SNS2',
        reason:
          "CloudWatch cannot publish to a topic under SNS's own key, and a key of one's own costs money while idle. Alarms say names and numbers only.",
      },
    ]);
    const alarm = new Alarm(this, 'CostAboveBound', {
      alarmDescription:
        'A call cost more than was reserved for it: a price, a window or a maximum is wrong, or a provider ignores the maximum. The log line "call cost more than its bound" has the attempt.',
      metric: new Metric({
        namespace: 'Sluice',
        metricName: 'CostAboveBound',
        dimensionsMap: { service: 'sluice' },
        statistic: Stats.SUM,
        period: Duration.minutes(5),
      }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }
}
