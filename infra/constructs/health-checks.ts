/** What the function may do that tells whether all is well: to see that things answer, and nothing of what is in them. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { deadLettersVariable, type QueueName, queueNames, queueVariable } from '../../shared/queues/queue.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Queues } from './queues.ts';

export type HealthChecksProps = { readonly queues: Queues; readonly deadLetters: DeadLetters };

const deadLettersOf = ({
  queues,
  deadLetters,
}: HealthChecksProps): readonly (readonly [QueueName | 'schedules', Queue])[] => [
  ...queues.deadLetters,
  ['schedules', deadLetters.queue],
];

/** A missing object of the bucket is a refusal to who may read none: that it answers is all that is asked. */
export function grantHealthChecks(grantee: IGrantable, props: HealthChecksProps): void {
  for (const queue of queueNames) props.queues.grantLook(grantee, queue);
  const statements = [
    {
      actions: ['sqs:GetQueueAttributes'],
      resources: deadLettersOf(props).map(([, queue]) => queue.queueArn),
    },
    // Metrics are no resources, and alarms are found by asking for all.
    { actions: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'], resources: ['*'] },
  ];
  for (const statement of statements) grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement(statement));
}

/** Where what it looks at is: shared/environment.ts. */
export const healthCheckVariables = (props: HealthChecksProps): Record<string, string> => ({
  ...Object.fromEntries(queueNames.map((queue) => [queueVariable(queue), props.queues.urlOf(queue)])),
  ...Object.fromEntries(deadLettersOf(props).map(([name, queue]) => [deadLettersVariable(name), queue.queueUrl])),
});
