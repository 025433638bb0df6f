/** EventBridge Scheduler, as the stack sets it up from `infra/schedules.ts`. */
import { type Schedule, schedules, schedulesWith } from '../../infra/schedules.ts';
import { scheduledEventSchema } from '../../shared/http/scheduled.ts';
import { referred, type Stack, statementsOf, synthesize } from './assembly.ts';

type Scheduled = {
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone: string;
  readonly Target: {
    readonly Arn: unknown;
    readonly RoleArn: unknown;
    readonly Input: string;
    readonly RetryPolicy: unknown;
    readonly DeadLetterConfig: { readonly Arn: unknown };
  };
};

const all: readonly Schedule[] = schedules;
let stack: Stack;
beforeAll(async () => {
  stack = await synthesize('dev');
}, 120_000);

const made = ({ name }: Schedule): Scheduled => {
  const found = stack
    .of<Scheduled>('AWS::Scheduler::Schedule')
    .find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.includes(`/Schedules/${name}/`));
  if (!found) throw new Error(`no schedule ${name}`);
  return found[1].Properties;
};
const queue = () =>
  stack
    .of('AWS::SQS::Queue')
    .find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.includes('/DeadLetters/Queue/'))?.[0];

test('there is one for each of the list, with its expression, in UTC', () => {
  expect(stack.of('AWS::Scheduler::Schedule')).toHaveLength(all.length);
  for (const schedule of all) {
    expect(made(schedule)).toMatchObject({
      ScheduleExpression: schedule.expression,
      ScheduleExpressionTimezone: 'UTC',
    });
  }
});

test('it calls its function with an event that the function understands', () => {
  for (const schedule of all) {
    const { Arn, Input } = made(schedule).Target;
    expect(stack.functionName(referred(Arn))).toBe(schedule.function);
    // As Scheduler fills it in.
    const filled = Input.replace('<aws.scheduler.scheduled-time>', '2026-11-22T00:15:00Z');
    expect(scheduledEventSchema.parse(JSON.parse(filled))).toMatchObject({ schedule: schedule.name });
  }
});

test('their role may call the functions of schedules and leave a dead letter, and nothing else', () => {
  const [role = '', ...others] = new Set(all.map((schedule) => referred(made(schedule).Target.RoleArn)));
  expect(others).toEqual([]);
  const allowed = statementsOf(stack, role).flatMap(({ Action, Resource }) =>
    [Resource].flat().map((resource) => `${Action} on ${referred(resource)}`),
  );
  const called = new Set(all.map((schedule) => referred(made(schedule).Target.Arn)));
  expect(allowed.sort()).toEqual(
    [...[...called].map((id) => `lambda:InvokeFunction on ${id}`), `sqs:SendMessage on ${queue()}`].sort(),
  );
});

test('what cannot be delivered, and what fails when it runs, is tried again and then kept', () => {
  for (const schedule of all) {
    const { RetryPolicy, DeadLetterConfig, Arn } = made(schedule).Target;
    expect(RetryPolicy).toEqual({ MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3_600 });
    expect(referred(DeadLetterConfig.Arn)).toBe(queue());
    const called = stack.template.Resources[referred(Arn)]?.Properties as {
      readonly DeadLetterConfig: { readonly TargetArn: unknown };
      readonly Timeout: number;
      readonly MemorySize: number;
    };
    expect(referred(called.DeadLetterConfig.TargetArn)).toBe(queue());
    expect(called.Timeout).toBe(900);
    expect(called.MemorySize).toBeGreaterThanOrEqual(schedule.memoryMb ?? 512);
  }
});

test.each([
  [1, 'rate(1 minute)'],
  [60, 'rate(1 minute)'],
  [61, 'rate(2 minutes)'],
  [3_600, 'rate(60 minutes)'],
])('a sweep every %s seconds is %s on AWS, and that many seconds on one machine', (everySeconds, expression) => {
  const [sweep, ...others] = schedulesWith({ everySeconds });
  expect(sweep).toMatchObject({ name: 'sweep', expression, localEverySeconds: everySeconds });
  expect(others).toEqual(all.slice(1));
});

test('where sluice.json says nothing, the sweep is as often as the list has it', () => {
  expect(schedulesWith({})).toEqual(all);
});
