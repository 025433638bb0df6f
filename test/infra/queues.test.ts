/** SQS, as the stack sets it up from `infra/queues.ts`. */
import { type QueueDefinition, queues } from '../../infra/queues.ts';
import { referred, type Stack, synthesize } from './assembly.ts';

type Queue = {
  readonly VisibilityTimeout?: number;
  readonly MessageRetentionPeriod: number;
  readonly RedrivePolicy?: { readonly deadLetterTargetArn: unknown; readonly maxReceiveCount: number };
};
type Mapping = { readonly FunctionName: unknown; readonly EventSourceArn: unknown };
type Alarm = {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
};

const all: readonly QueueDefinition[] = queues;
let stack: Stack;
beforeAll(async () => {
  stack = await synthesize('dev');
}, 120_000);

const made = (name: string, part: string): readonly [string, Queue] => {
  const found = stack
    .of<Queue>('AWS::SQS::Queue')
    .find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.includes(`/Queues/${name}/${part}/`));
  if (!found) throw new Error(`no ${part} of ${name}`);
  return [found[0], found[1].Properties];
};

test('each of the list is kept from others for longer than its function may run', () => {
  for (const { name, function: functionName, visibilitySeconds } of all) {
    const functions = stack.of<{ readonly Timeout: number }>('AWS::Lambda::Function');
    const called = functions.find(([id]) => stack.functionName(id) === functionName)?.[1].Properties;
    const [, { VisibilityTimeout }] = made(name, 'Queue');
    expect(VisibilityTimeout).toBe(visibilitySeconds);
    expect(visibilitySeconds).toBeGreaterThan(called?.Timeout ?? Number.POSITIVE_INFINITY);
  }
});

test('what is delivered in vain as often as it may be is kept for two weeks', () => {
  for (const { name, maxReceives } of all) {
    const [, { RedrivePolicy }] = made(name, 'Queue');
    const [deadId, dead] = made(name, 'DeadLetters');
    expect(RedrivePolicy?.maxReceiveCount).toBe(maxReceives);
    expect(referred(RedrivePolicy?.deadLetterTargetArn)).toBe(deadId);
    expect(dead.MessageRetentionPeriod).toBe(14 * 86_400);
    expect(dead.RedrivePolicy).toBeUndefined();
  }
});

test('Lambda calls its function with batches, and delivers again what failed of them', () => {
  const mappings = stack.of<Mapping>('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties);
  expect(mappings).toHaveLength(all.length);
  for (const { name, function: functionName, batchSize, batchingWindowSeconds, maxConcurrency } of all) {
    const [queueId] = made(name, 'Queue');
    const mapping = mappings.find(({ EventSourceArn }) => referred(EventSourceArn) === queueId);
    expect(stack.functionName(referred(mapping?.FunctionName))).toBe(functionName);
    expect(mapping).toMatchObject({
      BatchSize: batchSize,
      ...(batchingWindowSeconds !== undefined && { MaximumBatchingWindowInSeconds: batchingWindowSeconds }),
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: maxConcurrency },
    });
  }
});

test('every queue of dead letters has an alarm', () => {
  const watched = stack
    .of<Alarm>('AWS::CloudWatch::Alarm')
    .filter(([, { Properties }]) => Properties.Namespace === 'AWS/SQS')
    .flatMap(([, { Properties }]) => Properties.Dimensions.map(({ Value }) => referred(Value)));
  const dead = stack
    .of<Queue>('AWS::SQS::Queue')
    .filter(([, { Properties }]) => Properties.RedrivePolicy === undefined)
    .map(([id]) => id);
  expect(watched.sort()).toEqual(dead.sort());
  expect(dead).toHaveLength(all.length + 1);
});
