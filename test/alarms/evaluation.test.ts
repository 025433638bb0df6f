/** The evaluator that the other tests of alarms stand on, held to what CloudWatch documents of itself. */
import { type AlarmProperties, alarmState, type MetricSample } from '../support/alarm-evaluation.ts';
import { evaluated, expressionOf } from '../support/metric-math.ts';

const minuteMs = 60_000;
const atMs = Date.parse('2026-11-22T10:00:00Z');
const metric = { Namespace: 'Test', MetricName: 'Bad', Dimensions: [{ Name: 'service', Value: 'a' }] };
const alarm: AlarmProperties = {
  ...metric,
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'notBreaching',
};

const sample = (value: number, minutesAgo: number, name = 'Bad', service = 'a'): MetricSample => ({
  namespace: 'Test',
  name,
  dimensions: { service },
  value,
  atMs: atMs - minutesAgo * minuteMs,
});

/** As in the documentation: the oldest first, 0 is good, X is bad, - is missing. */
const drawn = (picture: string): MetricSample[] =>
  picture.split(' ').flatMap((mark, index, all) => {
    if (mark === '-') return [];
    return [sample(mark === 'X' ? 1 : 0, all.length - 1 - index + 0.5)];
  });

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-evaluating-missing-data */
test.each([
  ['0 - X - X', 3, 'OK', 'OK'],
  ['0 - - - -', 3, 'OK', 'OK'],
  ['- - - - -', 3, 'ALARM', 'OK'],
  ['0 X X - X', 3, 'ALARM', 'ALARM'],
  ['- - - - X', 3, 'ALARM', 'OK'],
  ['X - - - -', 3, 'ALARM', 'OK'],
  ['0 - X - X', 2, 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 2, 'ALARM', 'ALARM'],
  ['0 - X - -', 2, 'ALARM', 'OK'],
  ['- - - - 0', 2, 'ALARM', 'OK'],
  ['- - - - X', 2, 'ALARM', 'OK'],
])('%s, %i of 3: %s where missing data is bad, %s where it is good', (picture, DatapointsToAlarm, breaching, good) => {
  const of = (TreatMissingData: string) =>
    alarmState({ ...alarm, EvaluationPeriods: 3, DatapointsToAlarm, TreatMissingData }, drawn(picture), atMs);
  expect([of('breaching'), of('notBreaching')]).toEqual([breaching, good]);
});

test('a metric is its name and all of its dimensions', () => {
  expect(alarmState(alarm, [sample(1, 0.5)], atMs)).toBe('ALARM');
  expect(alarmState(alarm, [sample(1, 0.5, 'Other'), sample(1, 0.5, 'Bad', 'b')], atMs)).toBe('OK');
  const { Dimensions: _, ...without } = alarm;
  expect(alarmState(without, [sample(1, 0.5)], atMs)).toBe('OK');
});

test('what comes later than the moment that is asked about has not happened', () => {
  expect(alarmState(alarm, [sample(1, -0.5)], atMs)).toBe('OK');
});

test.each([
  ['Sum', 6],
  ['Average', 2],
  ['Maximum', 3],
])('%s of 1, 2 and 3 is %i', (Statistic, value) => {
  const of = (Threshold: number) =>
    alarmState(
      { ...alarm, Statistic, Threshold },
      [1, 2, 3].map((one) => sample(one, 0.5)),
      atMs,
    );
  expect([of(value), of(value + 0.01)]).toEqual(['ALARM', 'OK']);
});

test('of a hundred values the 99th is p99', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => sample(index + 1, 0.5));
  const { Statistic: _, ...rest } = alarm;
  const of = (Threshold: number) => alarmState({ ...rest, ExtendedStatistic: 'p99', Threshold }, hundred, atMs);
  expect([of(99), of(99.01)]).toEqual(['ALARM', 'OK']);
});

test('less than a threshold', () => {
  const below: AlarmProperties = { ...alarm, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' };
  expect([alarmState(below, [sample(1, 0.5)], atMs), alarmState(below, [sample(0, 0.5)], atMs)]).toEqual([
    'OK',
    'ALARM',
  ]);
});

test('what it does not know is an error, and not a verdict', () => {
  for (const unknown of [
    { TreatMissingData: 'ignore' },
    { Statistic: 'IQM' },
    { ComparisonOperator: 'LessThanLowerThreshold' },
  ]) {
    expect(() => alarmState({ ...alarm, ...unknown }, [sample(1, 0.5)], atMs)).toThrow(/not known here/);
  }
});

describe('metric math', () => {
  const math = (text: string, values: Record<string, number> = {}) =>
    evaluated(expressionOf(text), (name) => values[name]);

  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['8 / 2 / 2', 2],
    ['5 - 2 - 1', 2],
    ['a / b', 0.5],
    ['a / zero', undefined],
    ['a + missing', undefined],
    ['FILL(missing, 4)', 4],
    ['FILL(a, 4)', 1],
    ['a >= 1', 1],
    ['a > 1', 0],
    ['IF(b > a, b, a)', 2],
    ['IF(missing >= 1, 1, 0)', undefined],
    ['IF(a >= 100, a / b, 0)', 0],
  ])('%s is %s', (text, value) => {
    expect(math(text, { a: 1, b: 2, zero: 0 })).toBe(value);
  });

  test.each(['a b', '(a', 'SEARCH(a)', 'a ^ 2', ''])('%s is refused', (text) => {
    expect(() => math(text, { a: 1, b: 1 })).toThrow();
  });

  test('an alarm on an expression is one on what it comes to in each period', () => {
    const stat = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { ...metric, MetricName }, Period: 60, Stat: 'Sum' },
    });
    const share: AlarmProperties = {
      EvaluationPeriods: 1,
      Threshold: 0.5,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      Metrics: [
        { Id: 'e', Expression: 'part / whole', ReturnData: true },
        stat('part', 'Part'),
        stat('whole', 'Whole'),
      ],
    };
    const of = (part: number) => alarmState(share, [sample(part, 0.5, 'Part'), sample(10, 0.5, 'Whole')], atMs);
    expect([of(5), of(4)]).toEqual(['ALARM', 'OK']);
  });
});

describe('an anomaly', () => {
  const anomaly: AlarmProperties = {
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanUpperThreshold',
    TreatMissingData: 'notBreaching',
    ThresholdMetricId: 'band',
    Metrics: [
      { Id: 'band', Expression: 'ANOMALY_DETECTION_BAND(m, 2)', ReturnData: true },
      { Id: 'm', ReturnData: true, MetricStat: { Metric: metric, Period: 60, Stat: 'Sum' } },
    ],
  };
  /** 9 and 11 by turns: 10 on average, with a standard deviation of 1. */
  const history = (length: number) =>
    Array.from({ length }, (_, index) => sample(index % 2 === 0 ? 9 : 11, index + 1.5));

  test.each([
    [12, 'OK'],
    [12.1, 'ALARM'],
    [1, 'OK'],
  ])('%d is %s beside 10 ± 1, within two deviations', (value, state) => {
    expect(alarmState(anomaly, [sample(value, 0.5), ...history(48)], atMs)).toBe(state);
  });

  test('nothing is one before there is a history', () => {
    expect(alarmState(anomaly, [sample(1_000, 0.5), ...history(10)], atMs)).toBe('OK');
  });
});
