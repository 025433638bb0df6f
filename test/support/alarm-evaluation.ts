/**
 * CloudWatch's verdict on an alarm, as CloudFormation describes it, over samples
 * of its metrics: as much of CloudWatch as the stack's alarms use, and an error
 * for the rest. Held to its documentation by alarm-evaluation.test.ts:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 *
 * Approximated: percentiles are by nearest rank; the band of an anomaly is the
 * mean and standard deviation of the hours before, where CloudWatch has a model
 * of hours and weekdays; periods end at the moment that is asked about.
 */
import { type Expression, evaluated, expressionOf } from './metric-math.ts';

export type MetricSample = {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly atMs: number;
};

type Named = {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
};
type Query = {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: Named; readonly Period: number; readonly Stat: string };
};

export type AlarmProperties = Partial<Named> & {
  readonly Metrics?: readonly Query[];
  readonly ThresholdMetricId?: string;
  readonly Period?: number;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: string;
};

/** How a template's reference, say to a queue's name, is written in samples. */
export type Resolve = (reference: unknown) => string;

/** What a metric comes to in one period; undefined where it has no data. */
type Series = (index: number) => number | undefined;

/** Beyond the periods that count, CloudWatch looks at some more, as its examples do, for data instead of what is missing. */
const morePeriods = 2;
/** From which an anomaly's band is made. */
const bandPeriods = 24 * 14;
const fewestForBand = 24;

export function alarmState(
  alarm: AlarmProperties,
  samples: readonly MetricSample[],
  atMs: number,
  resolve: Resolve = String,
): 'OK' | 'ALARM' {
  const { EvaluationPeriods: count, DatapointsToAlarm: needed = count } = alarm;
  const isBad = badness(alarm, samples, atMs, resolve);
  const found = Array.from({ length: count + morePeriods }, (_, index) => isBad(index)).filter(
    (bad) => bad !== undefined,
  );
  const latest = found.slice(0, count);
  const bad = latest.filter((one) => one).length + (count - latest.length) * badWhereMissing(alarm);
  return bad >= needed ? 'ALARM' : 'OK';
}

function badWhereMissing({ TreatMissingData }: AlarmProperties): 0 | 1 {
  if (TreatMissingData === 'breaching') return 1;
  if (TreatMissingData === 'notBreaching') return 0;
  throw new Error(`Missing data as ${TreatMissingData} is not known here`);
}

/** Of the period with that index, 0 being the latest; undefined where it is missing. */
function badness(
  alarm: AlarmProperties,
  samples: readonly MetricSample[],
  atMs: number,
  resolve: Resolve,
): (index: number) => boolean | undefined {
  const { ComparisonOperator: operator, Threshold: threshold } = alarm;
  const series = (metric: Named, periodSeconds: number, statistic: string): Series => {
    const values = periodsOf(samples.filter(isOf(metric, resolve)), atMs, periodSeconds * 1000);
    return (index) => statisticOf(statistic, values.get(index) ?? []);
  };
  if (!alarm.Metrics) {
    const statistic = alarm.ExtendedStatistic ?? alarm.Statistic ?? '';
    const of = series(alarm as Named, alarm.Period ?? 0, statistic);
    return (index) => compared(operator, of(index), threshold);
  }
  const byId = new Map(alarm.Metrics.map((query) => [query.Id, query]));
  const of = (id: string): Series => {
    const query = byId.get(id);
    if (query?.MetricStat) {
      const { Metric, Period, Stat } = query.MetricStat;
      return series(Metric, Period, Stat);
    }
    const expression: Expression = expressionOf(query?.Expression ?? '');
    return (index) => evaluated(expression, (name) => of(name)(index));
  };
  if (alarm.ThresholdMetricId === undefined) {
    const [result] = alarm.Metrics.filter(({ ReturnData }) => ReturnData);
    const values = of(result?.Id ?? '');
    return (index) => compared(operator, values(index), threshold);
  }
  const band = /^ANOMALY_DETECTION_BAND\((\w+), ?(\d+)\)$/.exec(byId.get(alarm.ThresholdMetricId)?.Expression ?? '');
  if (!band || operator !== 'GreaterThanUpperThreshold') throw new Error('This anomaly is not known here');
  const values = of(band[1] ?? '');
  return (index) => compared('GreaterThanThreshold', values(index), upperBound(values, index, Number(band[2])));
}

const isOf =
  ({ Namespace, MetricName, Dimensions = [] }: Named, resolve: Resolve) =>
  ({ namespace, name, dimensions }: MetricSample): boolean =>
    namespace === Namespace &&
    name === MetricName &&
    Object.keys(dimensions).length === Dimensions.length &&
    Dimensions.every(({ Name, Value }) => dimensions[Name] === resolve(Value));

function periodsOf(samples: readonly MetricSample[], endMs: number, periodMs: number): Map<number, number[]> {
  const periods = new Map<number, number[]>();
  for (const { atMs, value } of samples) {
    if (atMs > endMs) continue;
    const index = Math.floor((endMs - atMs) / periodMs);
    periods.set(index, [...(periods.get(index) ?? []), value]);
  }
  return periods;
}

function statisticOf(statistic: string, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sum = values.reduce((total, value) => total + value, 0);
  if (statistic === 'Sum') return sum;
  if (statistic === 'Average') return sum / values.length;
  if (statistic === 'Maximum') return Math.max(...values);
  const [, percentile] = /^p(\d+(?:\.\d+)?)$/.exec(statistic) ?? [];
  if (percentile === undefined) throw new Error(`The statistic ${statistic} is not known here`);
  const rank = Math.ceil((Number(percentile) / 100) * values.length);
  return values.toSorted((a, b) => a - b)[Math.max(0, rank - 1)];
}

function compared(operator: string, value: number | undefined, threshold: number | undefined): boolean | undefined {
  if (value === undefined || threshold === undefined) return undefined;
  if (operator === 'GreaterThanOrEqualToThreshold') return value >= threshold;
  if (operator === 'GreaterThanThreshold') return value > threshold;
  if (operator === 'LessThanThreshold') return value < threshold;
  throw new Error(`The comparison ${operator} is not known here`);
}

/** Without some history there is no band. */
function upperBound(values: Series, index: number, deviations: number): number | undefined {
  const before = Array.from({ length: bandPeriods }, (_, back) => values(index + 1 + back)).filter(
    (value) => value !== undefined,
  );
  if (before.length < fewestForBand) return undefined;
  const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
  const variance = before.reduce((sum, value) => sum + (value - mean) ** 2, 0) / before.length;
  return mean + deviations * Math.sqrt(variance);
}
