/** The alarms as CloudFormation makes them, and what they cost. */
import { type AlarmDefinition, alarmDefinitions, alarmsOf, chargedMetrics, runbookOf } from '../../infra/alarms.ts';
import { queues } from '../../infra/queues.ts';
import { metricDefinitions } from '../../shared/observability/metric-definitions.ts';
import type { AlarmProperties } from '../support/alarm-evaluation.ts';
import { type Stack, synthesize } from './assembly.ts';

type Alarm = AlarmProperties & { readonly AlarmDescription: string; readonly AlarmActions: readonly unknown[] };

const settings = { violationAlarm: 7, firstByteAlarm: 9 };
const definitions = alarmDefinitions(settings);
const named = (which: readonly AlarmDefinition[]) => which.map(({ name }) => name).sort();

let usual: Stack;
let all: Stack;
beforeAll(async () => {
  usual = await synthesize('dev');
  all = await synthesize('test', { context: { alarms: 'all', violationAlarm: '7', firstByteAlarm: '9' } });
});

/** By the name of its definition. */
const alarmsIn = (stack: Stack) =>
  new Map(
    stack
      .of<Alarm>('AWS::CloudWatch::Alarm')
      .map(([, { Metadata, Properties }]) => [Metadata?.['aws:cdk:path']?.split('/').at(-2) ?? '', Properties]),
  );

test('a deployment has the essential alarms, and all of them if it wants', () => {
  expect([...alarmsIn(usual).keys()].sort()).toEqual(named(definitions.filter(({ essential }) => essential)));
  expect([...alarmsIn(all).keys()].sort()).toEqual(named(definitions));
  expect(alarmsOf({ ...settings, alarms: 'off' })).toEqual([]);
});

test('the essential alarms fit into the ten metrics that CloudWatch does not charge for', () => {
  const charged = alarmsOf({ ...settings, alarms: 'essential' }).reduce(
    (sum, { watches }) => sum + chargedMetrics(watches),
    0,
  );
  expect(charged).toBeLessThanOrEqual(10);
});

test('every queue has an essential alarm for its dead letters', () => {
  for (const { name } of queues) {
    expect(definitions).toContainEqual(
      expect.objectContaining({ essential: true, watches: { kind: 'deadLetters', of: name } }),
    );
  }
});

test('each tells whoever subscribes to the topic, in a sentence that ends with its runbook', () => {
  const [[topicId] = ['']] = all
    .of<{ readonly DisplayName: string }>('AWS::SNS::Topic')
    .filter(([, { Properties }]) => Properties.DisplayName.endsWith('alarms'));
  for (const definition of definitions) {
    const { AlarmDescription = '', AlarmActions } = alarmsIn(all).get(definition.name) ?? {};
    expect(AlarmDescription).toMatch(/^[A-Z].*[.] Runbook: /);
    expect(AlarmDescription.endsWith(` Runbook: ${runbookOf(definition)}`)).toBe(true);
    expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
    expect(AlarmActions).toEqual([{ Ref: topicId }]);
  }
});

test('they watch the metrics of their own stage', () => {
  const ours = [...alarmsIn(all).values()].flatMap(({ Metrics, ...alarm }) => [
    alarm,
    ...(Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? []),
  ]);
  const watched = ours.filter(({ Namespace }) => Namespace === 'Sluice');
  expect(watched.length).toBeGreaterThan(10);
  for (const { MetricName = '', Dimensions } of watched) {
    expect(Object.keys(metricDefinitions)).toContain(MetricName);
    expect(Dimensions).toEqual([{ Name: 'service', Value: 'sluice-test' }]);
  }
});

test('each metric that an alarm watches is told as a total', () => {
  for (const { watches } of definitions) {
    const names = watches.kind === 'share' ? [watches.part, watches.of] : 'metric' in watches ? [watches.metric] : [];
    for (const name of names) {
      if (name in metricDefinitions) {
        expect(metricDefinitions[name as keyof typeof metricDefinitions].by).toContain('total');
      }
    }
  }
});

test('thresholds that the context names', () => {
  expect(alarmsIn(all).get('SafetyViolation')).toMatchObject({ Threshold: 7 });
  expect(alarmsIn(all).get('FirstByteSlow')).toMatchObject({ Threshold: 9_000, ExtendedStatistic: 'p99' });
});

test('no alarm waits for data that nobody sends while nothing happens, but for the report', () => {
  const breaching = [...alarmsIn(all)].filter(([, { TreatMissingData }]) => TreatMissingData !== 'notBreaching');
  expect(breaching.map(([name, { TreatMissingData }]) => [name, TreatMissingData])).toEqual([
    ['ReportMissed', 'breaching'],
  ]);
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
test.each(alarmDefinitions(settings))('$name looks back no further than CloudWatch does', (definition) => {
  const { periodSeconds, evaluationPeriods, datapointsToAlarm = 1 } = definition;
  expect(periodSeconds * evaluationPeriods).toBeLessThanOrEqual((periodSeconds < 3_600 ? 1 : 7) * 86_400);
  expect(datapointsToAlarm).toBeLessThanOrEqual(evaluationPeriods);
});

test('a runbook has the name of its alarm, and queues share one', () => {
  const of = (name: string) => definitions.filter((definition) => definition.name === name).map(runbookOf);
  expect(of('ServerErrors')).toEqual(['docs/runbooks/server-errors.md']);
  expect(of('DeadLetters')).toEqual(['docs/runbooks/dead-letters.md']);
  expect(of('ResponsesDeadLetters')).toEqual(['docs/runbooks/queue-dead-letters.md']);
});
