/** The metrics as CloudWatch reads them from standard output: its embedded format, one line a request. */
import { type MetricName, metricDefinitions } from '../../../shared/observability/metric-definitions.ts';
import { powertoolsEvents, powertoolsMetrics, type RequestMetrics } from '../../../shared/observability/metrics.ts';
import { metricsOnStdout } from '../../support/metrics-on-stdout.ts';

const stdout = metricsOnStdout();

const request: RequestMetrics = {
  model: 'gpt-5.5',
  provider: 'openai',
  outcome: 'ok',
  Requests: 1,
  Latency: 1_200,
  TimeToFirstByte: 300,
  Overhead: 4,
  ProviderLatency: 296,
  InputTokens: 100,
  OutputTokens: 20,
  CostMicroUsd: 1_234_567,
};

const emitted = (of: RequestMetrics) => {
  const emit = powertoolsMetrics(80);
  emit({ Requests: 1 });
  stdout.clear();
  emit(of);
};

test('a request is one line, in which each metric has the dimension sets of its definition', () => {
  emitted(request);
  expect(stdout.lines()).toHaveLength(1);
  const sets = new Map<string, string[]>();
  for (const { name, dimensions } of stdout.samples())
    sets.set(name, [...(sets.get(name) ?? []), Object.keys(dimensions).sort().join()]);
  expect(Object.fromEntries(sets)).toEqual({
    Requests: ['service', 'model,service', 'outcome,service'],
    Latency: ['service'],
    TimeToFirstByte: ['service', 'model,service'],
    Overhead: ['service'],
    ProviderLatency: ['service', 'provider,service'],
    InputTokens: ['service', 'model,service'],
    OutputTokens: ['service', 'model,service'],
    CostMicroUsd: ['service', 'model,service'],
  });
});

test('values, units and the values of dimensions are those that were told', () => {
  emitted(request);
  expect(stdout.samples()).toContainEqual({
    namespace: 'Sluice',
    name: 'CostMicroUsd',
    unit: 'None',
    value: 1_234_567,
    dimensions: { service: 'sluice-test', model: 'gpt-5.5' },
    atMs: 0,
  });
  expect(stdout.samples()).toContainEqual({
    namespace: 'Sluice',
    name: 'Requests',
    unit: 'Count',
    value: 1,
    dimensions: { service: 'sluice-test', outcome: 'ok' },
    atMs: 0,
  });
});

test('what a request says nothing of is not told, and has no dimension', () => {
  emitted({ outcome: 'invalid_api_key', Requests: 1, Latency: 3 });
  expect(new Set(stdout.samples().map(({ name }) => name))).toEqual(new Set(['Requests', 'Latency']));
  expect(stdout.samples().flatMap(({ dimensions }) => Object.keys(dimensions))).not.toContain('model');
});

test('requests that share a process do not mix (I10)', () => {
  emitted(request);
  emitted({ outcome: 'upstream_error', model: 'other', Requests: 1 });
  expect(stdout.lines()).toEqual([expect.objectContaining({ model: 'other', outcome: 'upstream_error' })]);
  expect(stdout.lines()[0]).not.toHaveProperty('Latency');
  expect(stdout.lines()[0]).not.toHaveProperty('provider');
});

test('of a line that cannot be told, nothing is told with the next of the same process (I10)', () => {
  const emit = powertoolsMetrics(80);
  emit({ Requests: 1 });
  stdout.clear();
  expect(() => emit({ ...request, Latency: 'long' as unknown as number })).toThrow(RangeError);
  emit({ outcome: 'ok', Requests: 1 });
  expect(stdout.lines()).toHaveLength(1);
  for (const name of ['model', 'provider', 'ServerErrors', 'CostMicroUsd'])
    expect(stdout.lines()[0]).not.toHaveProperty(name);
});

test('the first request of an instance says so, with how long it took to be ready', () => {
  const emit = powertoolsMetrics(480);
  emit(request);
  emit(request);
  expect(stdout.lines().map(({ ColdStarts, InitDuration }) => [ColdStarts, InitDuration])).toEqual([
    [1, 480],
    [undefined, undefined],
  ]);
});

test('an event is a line by itself, with how many at once, and nothing but the stage', () => {
  const count = powertoolsEvents();
  count('CircuitOpened');
  count('ReservationsSwept', 3);
  expect(stdout.samples()).toEqual([
    {
      namespace: 'Sluice',
      name: 'CircuitOpened',
      unit: 'Count',
      value: 1,
      dimensions: { service: 'sluice-test' },
      atMs: 0,
    },
    {
      namespace: 'Sluice',
      name: 'ReservationsSwept',
      unit: 'Count',
      value: 3,
      dimensions: { service: 'sluice-test' },
      atMs: 0,
    },
  ]);
});

test('every metric can be told together with all others within the limits of the format', () => {
  const names = Object.keys(metricDefinitions) as MetricName[];
  emitted({ ...request, safety: 'safe', ...Object.fromEntries(names.map((name) => [name, 1])) });
  expect(stdout.lines()).toHaveLength(1);
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
  for (const { Metrics, Dimensions } of stdout.lines()[0]?._aws.CloudWatchMetrics ?? []) {
    expect(Metrics.length).toBeLessThanOrEqual(100);
    expect(Dimensions.every((set) => set.length <= 30)).toBe(true);
  }
  expect(new Set(stdout.samples().map(({ name }) => name))).toEqual(new Set(names));
});
