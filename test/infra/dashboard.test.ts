/** The dashboard as CloudWatch is given it: what it shows is told, and what is told is shown. */
import { dashboardSections, notOnTheDashboard } from '../../infra/dashboard.ts';
import { queues } from '../../infra/queues.ts';
import {
  type MetricDefinition,
  type MetricName,
  metricDefinitions,
  metricNamespace,
  serviceOf,
} from '../../shared/observability/metric-definitions.ts';
import { type Stack, synthesize, text } from './assembly.ts';

type Expression = { readonly expression: string };
type Widget = {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
  };
};
type Dashboard = { readonly DashboardBody: unknown; readonly DashboardName: unknown };

let stack: Stack;
let widgets: readonly Widget[];
beforeAll(async () => {
  stack = await synthesize('dev');
  const [[, dashboard] = []] = stack.of<Dashboard>('AWS::CloudWatch::Dashboard');
  widgets = JSON.parse(text(dashboard?.Properties.DashboardBody)).widgets;
}, 120_000);

const definitions: Readonly<Record<string, MetricDefinition>> = metricDefinitions;
const lines = () => widgets.flatMap(({ properties }) => properties.metrics ?? []);
const isExpression = (first: unknown): first is Expression =>
  typeof first === 'object' && first !== null && 'expression' in first;
const expressions = (): string[] => lines().flatMap(([first]) => (isExpression(first) ? [first.expression] : []));

/** `Sluice Requests service=sluice-dev`; what comes after the dimensions is how it is drawn. */
const named = (): string[] =>
  lines().flatMap((line) => {
    const words = line.filter((part): part is string => typeof part === 'string');
    if (words.length === 0) return [];
    const [namespace, metric, ...dimensions] = words;
    const pairs = dimensions.flatMap((name, at) => (at % 2 === 0 ? [`${name}=${dimensions[at + 1]}`] : []));
    return [[namespace, metric, ...pairs].join(' ')];
  });

const shown = (): { readonly name: string; readonly by: string; readonly service: string }[] => [
  ...named().flatMap((line) => {
    const [namespace, name = '', ...dimensions] = line.split(' ');
    if (namespace !== metricNamespace) return [];
    const [, service = ''] = /^service=(.+)$/.exec(dimensions.join(' ')) ?? [];
    return [{ name, by: 'total', service }];
  }),
  ...expressions().flatMap((expression) => {
    const found = /^SEARCH\('\{Sluice,service,(\w+)\} MetricName="(\w+)" service="([\w-]+)"', '\w+', 300\)/.exec(
      expression,
    );
    return found ? [{ by: found[1] ?? '', name: found[2] ?? '', service: found[3] ?? '' }] : [];
  }),
];

test('names no metric, and no dimension of one, that nobody tells', () => {
  expect(shown().length).toBeGreaterThan(30);
  for (const { name, by, service } of shown()) {
    expect([name, definitions[name]?.by ?? []]).toEqual([name, expect.arrayContaining([by])]);
    expect(service).toBe(serviceOf('dev'));
  }
});

test('shows whatever is told, in total and by each of its dimensions', () => {
  const seen = new Set(shown().map(({ name, by }) => `${name} by ${by}`));
  const told = (Object.entries(metricDefinitions) as [MetricName, MetricDefinition][])
    .filter(([name]) => !notOnTheDashboard.includes(name))
    .flatMap(([name, { by }]) => by.map((dimension) => `${name} by ${dimension}`));
  expect(told.filter((one) => !seen.has(one))).toEqual([]);
});

test('searches for nothing but what is ours and what tables tell of, in no more characters than a search may have', () => {
  for (const expression of expressions()) {
    const [, terms = ''] =
      /^SEARCH\('([^']+)', '(?:Sum|Average|Maximum|p\d\d)', 300\)(?: \* 0\.000001)?$/.exec(expression) ?? [];
    if (terms === '') expect(expression).toBe('told * 0.000001');
    else expect(terms).toMatch(/^\{(?:Sluice,service,\w+|AWS\/DynamoDB,TableName,Operation)\} /);
    // A table's name has up to 100 characters more than what stands for it here.
    expect(terms.length + 4 * 60).toBeLessThan(1_024);
  }
});

test('has its queues, their dead letters and the API, by the names that they have', () => {
  const all = named();
  const { length } = queues;
  expect(all.filter((line) => /^AWS\/SQS ApproximateAgeOfOldestMessage QueueName=<Queues/.test(line))).toHaveLength(
    length,
  );
  expect(all.filter((line) => /^AWS\/SQS ApproximateNumberOfMessagesVisible QueueName=</.test(line))).toHaveLength(
    2 * length + 1,
  );
  expect(all).toContainEqual(expect.stringMatching(/^AWS\/ApiGateway 5XXError ApiName=sluice-dev Stage=/));
});

test('has every alarm', () => {
  const alarms = widgets.flatMap(({ properties }) => properties.alarms ?? []);
  expect(alarms).toHaveLength(stack.of('AWS::CloudWatch::Alarm').length);
});

test('stays with the 50 metrics up to which a dashboard is free', () => {
  expect(new Set(named()).size).toBeLessThanOrEqual(50);
});

test('asks its questions one below the other, three graphs to a row', () => {
  const questions = widgets.flatMap(({ properties }) => properties.markdown ?? []);
  expect(questions).toEqual(dashboardSections.map(({ question }) => `# ${question}`));
  for (const { x, width } of widgets) expect(x + width).toBeLessThanOrEqual(24);
});

test('has nothing of alarms where there are none', async () => {
  const { of } = await synthesize('dev', { context: { alarms: 'off' } });
  const [[, dashboard] = []] = of<Dashboard>('AWS::CloudWatch::Dashboard');
  expect(text(dashboard?.Properties.DashboardBody)).not.toContain('"alarm"');
}, 120_000);

test('is left out where nobody wants it', async () => {
  const without = await synthesize('dev', { context: { dashboard: 'off' } });
  expect(without.of('AWS::CloudWatch::Dashboard')).toEqual([]);
}, 120_000);
