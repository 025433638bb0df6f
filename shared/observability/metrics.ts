/** Metrics in CloudWatch's embedded format: lines on standard output, made into metrics by CloudWatch itself. */
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { EmfOutput, MetricUnit } from '@aws-lambda-powertools/metrics/types';
import {
  type MetricDefinition,
  type MetricDimension,
  type MetricName,
  metricDefinitions,
  metricDimensions,
  metricNamespace,
  type RequestMetricName,
  type WatchedEvent,
} from './metric-definitions.ts';

export type { WatchedEvent };

type Line<Name extends MetricName> = Readonly<Partial<Record<MetricDimension, string>> & Partial<Record<Name, number>>>;

/** Of one request. A dimension set that it has no value for is left out. */
export type RequestMetrics = Line<RequestMetricName>;

export type EmitMetrics = (metrics: RequestMetrics) => void;
/** How many at once; absent: one. */
export type CountEvent = (event: WatchedEvent, count?: number) => void;

type Directive = EmfOutput['_aws']['CloudWatchMetrics'][number];

/** Powertools gives all metrics of a line the same dimensions; the format lets each have its own. */
class DefinedMetrics extends Metrics {
  constructor() {
    super({ namespace: metricNamespace });
  }

  /** Nothing waits between the first of it and the last, so requests that share the process cannot mix (I10). */
  publish(line: Line<MetricName>): void {
    try {
      for (const name of metricDimensions) {
        const value = line[name];
        if (value !== undefined) this.addDimension(name, value);
      }
      for (const [name, { unit }] of Object.entries(metricDefinitions) as [MetricName, MetricDefinition][]) {
        const value = line[name];
        if (value !== undefined) this.addMetric(name, unit satisfies MetricUnit, value);
      }
      this.publishStoredMetrics();
    } finally {
      // Of a line that cannot be told, nothing is told with the next.
      this.clearMetrics();
      this.clearDimensions();
    }
  }

  override serializeMetrics(): EmfOutput {
    const line = super.serializeMetrics();
    const stored = line._aws.CloudWatchMetrics.flatMap(({ Metrics: all }) => all);
    const sets = ['total', ...metricDimensions] as const;
    const directives = sets.flatMap((set): Directive[] => {
      if (set !== 'total' && !(set in line)) return [];
      const those = stored.filter(({ Name }) =>
        (metricDefinitions[Name as MetricName].by as readonly string[]).includes(set),
      );
      const Dimensions: Directive['Dimensions'] = [set === 'total' ? ['service'] : ['service', set]];
      return those.length > 0 ? [{ Namespace: metricNamespace, Dimensions, Metrics: those }] : [];
    });
    return { ...line, _aws: { ...line._aws, CloudWatchMetrics: directives } };
  }
}

export function powertoolsEvents(): CountEvent {
  const metrics = new DefinedMetrics();
  return (event, count = 1) => metrics.publish({ [event]: count });
}

/** `initMs`: how long this instance took to be ready. */
export function powertoolsMetrics(initMs: number): EmitMetrics {
  const metrics = new DefinedMetrics();
  let isFirst = true;
  return (line) => {
    metrics.publish(isFirst ? { ...line, ColdStarts: 1, InitDuration: initMs } : line);
    isFirst = false;
  };
}
