/** What must not go unnoticed. Whoever looks after the gateway subscribes to the topic. */
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { WatchedEvent } from '../../shared/observability/metrics.ts';
import type { Deployment } from '../deployment.ts';

type Watched = {
  readonly says: string;
  /** In five minutes. Absent: once is once too often. */
  readonly atLeast?: number;
};

/** By the metric that tells of each: shared/observability/metrics.ts. */
const watchedOn = ({ violationAlarm }: Deployment): Readonly<Record<'CostAboveBound' | WatchedEvent, Watched>> => ({
  CostAboveBound: {
    says: 'A call cost more than was reserved for it: a price, a window or a maximum is wrong, or a provider ignores the maximum. The log line "call cost more than its bound" has the attempt.',
  },
  CircuitOpened: {
    says: 'A model of a provider fails so often that it is left alone for a while. The log line "circuit opened" has its name, GET /v1/organization/circuits the rest.',
  },
  CredentialRefused: {
    says: 'A provider refuses the credential of the gateway, so that nobody can use it. Put a valid one into the secret of provider keys; what is then tried next is let through, or at once what POST /v1/organization/circuits/{circuit_id}/reset names.',
  },
  ModerationUnavailable: {
    says: 'Content could not be checked, and was refused or let through unchecked, as the policy of its project says. The log line "moderation unavailable" says why.',
  },
  SafetyViolation: {
    says: 'Many requests violate the safety policies of their projects: an attack, a client that has gone wrong, or a policy that is too strict. GET /v1/organization/projects/{project_id}/violations/report says whose and what. The threshold is the context violationAlarm.',
    atLeast: violationAlarm,
  },
  ViolationLost: {
    says: 'What a guardrail found could not be written to the table of violations. The log lines "violation not recorded" have it, without content.',
  },
});

export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: `Sluice ${deployment.stage} alarms`, enforceSSL: true });
    NagSuppressions.addResourceSuppressions(this.topic, [
      {
        id: 'AwsSolutions-SNS2',
        reason:
          "CloudWatch cannot publish to a topic under SNS's own key, and a key of one's own costs money while idle. Alarms say names and numbers only.",
      },
    ]);
    for (const [name, watched] of Object.entries(watchedOn(deployment))) this.alarm(name, watched);
  }

  private alarm(metricName: string, { says: alarmDescription, atLeast: threshold = 1 }: Watched): void {
    const alarm = new Alarm(this, metricName, {
      alarmDescription,
      metric: new Metric({
        namespace: 'Sluice',
        metricName,
        dimensionsMap: { service: 'sluice' },
        statistic: Stats.SUM,
        period: Duration.minutes(5),
      }),
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }
}
