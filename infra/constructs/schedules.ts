/** EventBridge Scheduler, built from `infra/schedules.ts` and from nothing else. */

import { PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { ScheduledEvent } from '../../shared/http/scheduled.ts';
import type { Schedule } from '../schedules.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Functions } from './functions.ts';
import { InlineRole } from './inline-role.ts';

/** Delivering a call is tried for an hour; running it is then Lambda's, which tries three times in all. */
const retries = { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3_600 };

/** What Scheduler fills in when it calls. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
const eventOf = ({ name }: Schedule): ScheduledEvent => ({
  id: '<aws.scheduler.execution-id>',
  schedule: name,
  scheduledAt: '<aws.scheduler.scheduled-time>',
});

export type SchedulesProps = {
  readonly schedules: readonly Schedule[];
  readonly functions: Functions;
  readonly deadLetters: DeadLetters;
};

export class Schedules extends Construct {
  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    const role = new InlineRole(
      this,
      'Role',
      new ServicePrincipal('scheduler.amazonaws.com', {
        // No other account's schedule can make Scheduler use this role.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.deadLetters.queue.queueArn] }),
    );
    for (const schedule of props.schedules) this.add(schedule, role, props);
  }

  private add(schedule: Schedule, role: Role, { functions, deadLetters: { queue } }: SchedulesProps): void {
    const scope = new Construct(this, schedule.name);
    const { functionArn } = functions.find(schedule.function);
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }));

    new CfnSchedule(scope, 'Schedule', {
      description: schedule.summary,
      scheduleExpression: schedule.expression,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(eventOf(schedule)),
        retryPolicy: retries,
        deadLetterConfig: { arn: queue.queueArn },
      },
    });
  }
}
