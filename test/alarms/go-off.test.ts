/**
 * Each alarm is shown to go off: its condition is driven through the real code,
 * the metrics are taken from standard output, and the alarm that CloudFormation
 * is given is evaluated over them. Numbers that are AWS's own (what lies in a
 * queue of SQS, throttles of Lambda) are put in by hand where the tests say so.
 */
import { alarmDefinitions } from '../../infra/alarms.ts';
import { queues } from '../../infra/queues.ts';
import { type Stack, synthesize } from '../infra/assembly.ts';
import { type AlarmProperties, alarmState, type MetricSample } from '../support/alarm-evaluation.ts';
import { troubleScene } from '../support/trouble-scene.ts';

const { on, stdout, later, healthy, trouble } = troubleScene();

let stack: Stack;
let alarms: ReadonlyMap<string, AlarmProperties>;
/** What AWS itself would have counted. */
const ofAws: MetricSample[] = [];

beforeAll(async () => {
  // The stage that metrics on standard output are told of.
  stack = await synthesize('test', { context: { alarms: 'all', violationAlarm: '5', firstByteAlarm: '15' } });
  alarms = new Map(
    stack
      .of<AlarmProperties>('AWS::CloudWatch::Alarm')
      .map(([, { Metadata, Properties }]) => [Metadata?.['aws:cdk:path']?.split('/').at(-2) ?? '', Properties]),
  );
});

/** `{ "Fn::GetAtt": [id, …] }` is the resource; anything else is itself. */
const resolved = (reference: unknown): string =>
  typeof reference === 'object' && reference !== null && 'Fn::GetAtt' in reference
    ? String((reference['Fn::GetAtt'] as unknown[])[0])
    : String(reference);

/** The alarms that are off their hooks at the clock's time. */
const ringing = (): string[] => {
  const { nowMs } = on().gateway.clock;
  const samples = [...stdout.samples(), ...ofAws];
  return [...alarms].flatMap(([name, alarm]) =>
    alarmState(alarm, samples, nowMs, resolved) === 'ALARM' ? [name] : [],
  );
};

const awsCounts = (name: string, namespace: string, value: number, dimensions: MetricSample['dimensions'] = {}) =>
  ofAws.push({ namespace, name, dimensions, value, atMs: on().gateway.clock.nowMs });

beforeEach(async () => {
  // So far that nothing of another test counts any more.
  later(24 * 60);
  ofAws.length = 0;
  await trouble.sweep();
  stdout.clear();
  await trouble.reportOfTheDay();
  await healthy();
  expect(ringing()).toEqual([]);
});

const tried = new Set<string>();
const alarmTest = (name: string, sentence: string, test_: () => Promise<void>): void => {
  tried.add(name);
  test(`${name}: ${sentence}`, test_);
};

alarmTest('ServerErrors', 'a provider fails in two periods of three; one bad period is none', async () => {
  await trouble.providerFails(3);
  expect(ringing()).toEqual([]);
  later(6);
  await trouble.providerFails(3);
  expect(ringing()).toEqual(['ServerErrors']);
  for (let period = 0; period < 3; period += 1) {
    later(5);
    await trouble.calls(1);
  }
  expect(ringing()).toEqual([]);
});

alarmTest('ServerErrors', 'one failure among many answers is none', async () => {
  for (let period = 0; period < 3; period += 1) {
    await trouble.calls(21);
    await trouble.providerFails(1);
    later(5);
    expect(ringing()).toEqual([]);
  }
});

alarmTest('CostAboveBound', 'a provider takes more than it may', async () => {
  await trouble.providerTakesMoreThanItMay();
  expect(ringing()).toEqual(['CostAboveBound']);
});

alarmTest('CredentialRefused', 'a provider refuses the credential of the gateway', async () => {
  await trouble.providerRefusesCredential();
  expect(ringing()).toEqual(['CredentialRefused']);
});

alarmTest('BudgetStoreErrors', 'the table of budgets is down for three calls', async () => {
  await trouble.budgetsAreDown(1);
  expect(ringing()).toEqual([]);
  await trouble.budgetsAreDown(2);
  expect(ringing()).toEqual(['BudgetStoreErrors']);
});

alarmTest('ReservationsSwept', 'a function dies before it has settled its call', async () => {
  await trouble.functionDies();
  later(5);
  await trouble.sweep();
  // It may still be alive.
  expect(ringing()).toEqual([]);
  later(60);
  await trouble.sweep();
  expect(ringing()).toEqual(['ReservationsSwept']);
  later(15);
  await trouble.sweep();
  expect(ringing()).toEqual([]);
});

alarmTest('ViolationLost', 'the table of violations is down when something was found', async () => {
  await trouble.violationsAreDown();
  expect(ringing()).toEqual(['ViolationLost']);
});

alarmTest('RequestLogLost', 'the queue does not take what a policy wants logged', async () => {
  await trouble.requestLogIsDown();
  expect(ringing()).toEqual(['RequestLogLost']);
});

alarmTest('SafetyViolation', 'as many violations as the context says, and not one less', async () => {
  await trouble.attacks(4);
  expect(ringing()).toEqual([]);
  await trouble.attacks(1);
  expect(ringing()).toEqual(['SafetyViolation']);
});

alarmTest('ModerationUnavailable', 'the moderation model fails', async () => {
  await trouble.moderationFails();
  expect(ringing()).toEqual(['ModerationUnavailable']);
});

alarmTest('CircuitOpened', 'a provider fails so often that it is left alone', async () => {
  await trouble.providerFails(4);
  expect(ringing()).toEqual([]);
  await trouble.providerFails(1);
  expect(ringing()).toEqual(['CircuitOpened']);
  await trouble.providerRecovers();
  later(15);
  expect(ringing()).toEqual([]);
});

alarmTest('NegativeBudgets', 'a limit is lowered below what was spent', async () => {
  await trouble.limitIsLoweredBelowSpend();
  expect(ringing()).toEqual([]);
  await trouble.sweep();
  expect(ringing()).toEqual(['NegativeBudgets']);
});

alarmTest('FirstByteSlow', 'streams begin late in two periods of three', async () => {
  await trouble.streamsBeginLate(16);
  expect(ringing()).toEqual([]);
  later(6);
  await trouble.streamsBeginLate(14);
  expect(ringing()).toEqual([]);
  await trouble.streamsBeginLate(16);
  expect(ringing()).toEqual(['FirstByteSlow']);
});

alarmTest('RateLimitStorm', 'most of some hundred requests are refused, in two periods of three', async () => {
  await trouble.requestsBeyondTheirLimit(100);
  expect(ringing()).toEqual([]);
  later(6);
  await trouble.requestsBeyondTheirLimit(99);
  expect(ringing()).toEqual([]);
  await trouble.requestsBeyondTheirLimit(1);
  expect(ringing()).toEqual(['RateLimitStorm']);
});

alarmTest('SpendSpike', 'an hour costs a thousand times as much as those before', async () => {
  for (let hour = 0; hour < 26; hour += 1) {
    if (hour % 20 === 0) await trouble.reportOfTheDay();
    await trouble.calls(1 + (hour % 3));
    later(60);
  }
  await trouble.calls(2);
  expect(ringing()).toEqual([]);
  await trouble.spendMuch();
  expect(ringing()).toEqual(['SpendSpike']);
});

alarmTest('ReportMissed', 'nothing has been reported for more than a day', async () => {
  later(25 * 60);
  await healthy();
  expect(ringing()).toEqual([]);
  later(4 * 60);
  await healthy();
  expect(ringing()).toEqual(['ReportMissed']);
  await trouble.reportOfTheDay();
  expect(ringing()).toEqual([]);
});

alarmTest('LambdaThrottles', 'Lambda refuses to run a function: the number is AWS’s', async () => {
  awsCounts('Throttles', 'AWS/Lambda', 0);
  expect(ringing()).toEqual([]);
  awsCounts('Throttles', 'AWS/Lambda', 1);
  expect(ringing()).toEqual(['LambdaThrottles']);
});

const deadLetterQueue = (path: string): string => {
  const [id] =
    stack.of('AWS::SQS::Queue').find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.endsWith(`/${path}/Resource`)) ??
    [];
  if (id === undefined) throw new Error(`There is no queue ${path}`);
  return id;
};

alarmTest(
  'DeadLetters',
  'a schedule’s function fails as often as Lambda tries it: that it lies in SQS then is AWS’s',
  async () => {
    expect(await trouble.reportsCannotBeMade()).toBe(true);
    const QueueName = deadLetterQueue('DeadLetters/Queue');
    awsCounts('ApproximateNumberOfMessagesVisible', 'AWS/SQS', 1, { QueueName });
    expect(ringing()).toEqual(['DeadLetters']);
  },
);

for (const { name, maxReceives, localVisibilitySeconds } of queues) {
  const alarm = alarmDefinitions({ violationAlarm: 1, firstByteAlarm: 1 }).find(
    ({ watches }) => watches.kind === 'deadLetters' && watches.of === name,
  );
  alarmTest(alarm?.name ?? name, 'a message is delivered as often as it may be and never worked on', async () => {
    const dead = await trouble.messageIsNeverWorkedOn(name, maxReceives, localVisibilitySeconds);
    const QueueName = deadLetterQueue(`Queues/${name}/DeadLetters`);
    awsCounts('ApproximateNumberOfMessagesVisible', 'AWS/SQS', dead, { QueueName });
    expect(ringing()).toEqual([alarm?.name]);
  });
}

test('every alarm has been shown to go off', () => {
  const names = alarmDefinitions({ violationAlarm: 1, firstByteAlarm: 1 }).map(({ name }) => name);
  expect([...tried].sort()).toEqual([...names].sort());
});
