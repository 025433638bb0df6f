/** SQS, built from `infra/queues.ts` and from nothing else: each queue with its dead letters, and who may do what with it. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { QueueName } from '../../shared/queues/queue.ts';
import type { QueueDefinition } from '../queues.ts';
import type { Functions } from './functions.ts';

/** Messages hold ids only (I6), so that the key of SQS itself will do. */
const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };

type WithDeadLetters = { readonly queue: Queue; readonly deadLetters: Queue };

export class Queues extends Construct {
  private readonly definitions: readonly QueueDefinition[];
  private readonly byName: ReadonlyMap<QueueName, WithDeadLetters>;

  constructor(scope: Construct, id: string, definitions: readonly QueueDefinition[]) {
    super(scope, id);
    this.definitions = definitions;
    this.byName = new Map(definitions.map((definition) => [definition.name, this.create(definition)]));
  }

  urlOf(name: QueueName): string {
    return this.find(name).queue.queueUrl;
  }

  grantSend(grantee: IGrantable, name: QueueName): void {
    this.grant(grantee, name, ['sqs:SendMessage']);
  }

  /** What an event source mapping does in the name of its function. */
  grantReceive(grantee: IGrantable, name: QueueName): void {
    this.grant(grantee, name, ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']);
  }

  get all(): ReadonlyMap<QueueName, Queue> {
    return new Map([...this.byName].map(([name, { queue }]) => [name, queue]));
  }

  /** How many messages there are, and none of them. */
  grantLook(grantee: IGrantable, name: QueueName): void {
    this.grant(grantee, name, ['sqs:GetQueueAttributes']);
  }

  /** By the name of the queue whose messages they were. */
  get deadLetters(): ReadonlyMap<QueueName, Queue> {
    return new Map([...this.byName].map(([name, { deadLetters }]) => [name, deadLetters]));
  }

  /** Has Lambda call the functions with what is in the queues. */
  deliverTo(functions: Functions): void {
    for (const { name, function: functionName, batchSize, batchingWindowSeconds, maxConcurrency } of this.definitions) {
      const { queue } = this.find(name);
      new EventSourceMapping(queue, 'Delivery', {
        target: functions.find(functionName),
        eventSourceArn: queue.queueArn,
        batchSize,
        ...(batchingWindowSeconds !== undefined && { maxBatchingWindow: Duration.seconds(batchingWindowSeconds) }),
        maxConcurrency,
        // One that fails is delivered again, and those beside it are not.
        reportBatchItemFailures: true,
      });
    }
  }

  private create({ name, visibilitySeconds, maxReceives }: QueueDefinition): WithDeadLetters {
    const scope = new Construct(this, name);
    const deadLetters = new Queue(scope, 'DeadLetters', { ...common, retentionPeriod: Duration.days(14) });
    NagSuppressions.addResourceSuppressions(deadLetters, [
      { id: 'AwsSolutions-SQS3', reason: `It is the dead-letter queue itself, of the queue ${name}.` },
    ]);
    const queue = new Queue(scope, 'Queue', {
      ...common,
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: maxReceives },
    });
    return { queue, deadLetters };
  }

  private grant(grantee: IGrantable, name: QueueName, actions: string[]): void {
    const { queueArn } = this.find(name).queue;
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [queueArn] }));
  }

  private find(name: QueueName): WithDeadLetters {
    const found = this.byName.get(name);
    if (!found) throw new Error(`infra/queues.ts has no queue ${name}`);
    return found;
  }
}
