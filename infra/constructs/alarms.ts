/** What must not go unnoticed. Whoever looks after the gateway subscribes to the topic. */
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import { type MetricName, metricNamespace, serviceOf } from '../../shared/observability/metric-definitions.ts';
import type { Deployment } from '../deployment.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Queues } from './queues.ts';

type Watched = {
  readonly says: string;
  /** In five minutes. Absent: once is once too often. */
  readonly atLeast?: number;
};

/** By the metric that tells of each: shared/observability/metrics.ts. */
const watchedOn = ({ violationAlarm }: Deployment): Readonly<Partial<Record<MetricName, Watched>>> => ({
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

const capitalized = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

export type AlarmsProps = {
  readonly deployment: Deployment;
  readonly queues: Queues;
  readonly deadLetters: DeadLetters;
};

export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { deployment, queues, deadLetters }: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: `Sluice ${deployment.stage} alarms`, enforceSSL: true });
    NagSuppressions.addResourceSuppressions(this.topic, [
      {
        id: 'AwsSolutions-SNS2',
        reason:
          "CloudWatch cannot publish to a topic under SNS's own key, and a key of one's own costs money while idle. Alarms say names and numbers only.",
      },
    ]);
    for (const [name, watched] of Object.entries(watchedOn(deployment)))
      this.alarm(name, counted(deployment, name), watched);
    this.alarm('DeadLetters', lyingIn(deadLetters.queue), {
      says: 'A call of a schedule failed for good. The log of its function says why, the queue of dead letters which one it was.',
    });
    for (const [name, queue] of queues.deadLetters)
      this.alarm(`${capitalized(name)}DeadLetters`, lyingIn(queue), {
        says: `A message of the queue ${name} was delivered as often as it may be and never worked on. The log lines "message not worked on" say why; once that is mended, start-message-move-task of SQS delivers it again.`,
      });
  }

  private alarm(name: string, metric: Metric, { says: alarmDescription, atLeast: threshold = 1 }: Watched): void {
    const alarm = new Alarm(this, name, {
      alarmDescription,
      metric,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }
}

const period = Duration.minutes(5);

const counted = ({ stage }: Deployment, metricName: string): Metric =>
  new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { service: serviceOf(stage) },
    statistic: Stats.SUM,
    period,
  });

const lyingIn = (queue: Queue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period });
