/** The metrics as CloudWatch reads them from standard output: its embedded format, one line a request. */
import { powertoolsEvents, powertoolsMetrics, type RequestMetrics } from '../../../shared/observability/metrics.ts';

const { POWERTOOLS_METRICS_DISABLED: usual } = process.env;
const { write } = process.stdout;
const written: string[] = [];

beforeAll(() => {
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
  process.stdout.write = (chunk: string | Uint8Array) => {
    written.push(String(chunk));
    return true;
  };
});
afterAll(() => {
  process.stdout.write = write;
  process.env['POWERTOOLS_METRICS_DISABLED'] = usual;
});
beforeEach(() => {
  written.length = 0;
});

const request: RequestMetrics = {
  route: 'POST /chat/completions',
  model: 'gpt-5.5',
  outcome: 'ok',
  latencyMs: 1_200,
  firstByteMs: 300,
  overheadMs: 4,
  inputTokens: 100,
  outputTokens: 20,
  aboveBoundMicroUsd: 0,
};

type Emf = {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
} & Readonly<Record<string, unknown>>;

const lines = (): Emf[] => written.map((line) => JSON.parse(line));

test('count, latency, first byte, overhead and tokens are told by route, model and outcome', () => {
  powertoolsMetrics()(request);
  const [line, ...more] = lines();
  expect(more).toEqual([]);
  expect(line).toMatchObject({
    route: 'POST /chat/completions',
    model: 'gpt-5.5',
    outcome: 'ok',
    Requests: 1,
    Latency: 1_200,
    TimeToFirstByte: 300,
    Overhead: 4,
    InputTokens: 100,
    OutputTokens: 20,
  });
  const [described] = line?._aws.CloudWatchMetrics ?? [];
  expect(described?.Namespace).toBe('Sluice');
  expect(described?.Dimensions).toEqual([expect.arrayContaining(['service', 'route', 'model', 'outcome'])]);
  expect(Object.fromEntries(described?.Metrics.map(({ Name, Unit }) => [Name, Unit]) ?? [])).toEqual({
    Requests: 'Count',
    Latency: 'Milliseconds',
    TimeToFirstByte: 'Milliseconds',
    Overhead: 'Milliseconds',
    InputTokens: 'Count',
    OutputTokens: 'Count',
  });
});

test('requests that share a process do not mix (I10)', () => {
  const emit = powertoolsMetrics();
  emit(request);
  emit({ ...request, model: 'other', outcome: 'upstream_error', inputTokens: 0 });
  expect(lines().map(({ model, outcome, Requests, InputTokens }) => [model, outcome, Requests, InputTokens])).toEqual([
    ['gpt-5.5', 'ok', 1, 100],
    ['other', 'upstream_error', 1, 0],
  ]);
});

test('a call that cost more than was reserved for it is told apart, without dimensions, for the alarm', () => {
  powertoolsMetrics()({ ...request, aboveBoundMicroUsd: 17 });
  const [, line, ...more] = lines();
  expect(more).toEqual([]);
  expect(line).toMatchObject({ CostAboveBound: 1, service: 'sluice' });
  expect(line?._aws.CloudWatchMetrics[0]).toMatchObject({ Namespace: 'Sluice', Dimensions: [['service']] });
});

test.each(['CircuitOpened', 'CredentialRefused', 'ModerationUnavailable', 'SafetyViolation', 'ViolationLost'] as const)(
  '%s is told by itself, without dimensions, for the alarm',
  (event) => {
    powertoolsEvents()(event);
    const [line, ...more] = lines();
    expect(more).toEqual([]);
    expect(line).toMatchObject({ [event]: 1, service: 'sluice' });
    expect(line?._aws.CloudWatchMetrics[0]).toMatchObject({ Namespace: 'Sluice', Dimensions: [['service']] });
  },
);
