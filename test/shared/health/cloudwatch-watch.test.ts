/** The real client of CloudWatch, in front of a server that writes down what it is asked. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cloudWatchWatch } from '../../../shared/health/cloudwatch-watch.ts';

type Query = {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions: unknown };
    readonly Stat: string;
    readonly Period: number;
  };
};
type Asked = { readonly action: string; readonly body: Record<string, unknown> };

let server: Server;
let asked: Asked[];
let status: number;
const endpoint = process.env['AWS_ENDPOINT_URL_CLOUDWATCH'];

const values: Readonly<Record<string, readonly number[]>> = {
  requests: [40, 60],
  server_errors: [1, 2],
  p50: [300, 410.4],
  p99: [1_999.6, 900],
  input_tokens: [10, 20],
  output_tokens: [1, 2],
  cost: [1_000_000, 500_000],
  age_responses: [61, 90],
};

function answerTo({ action, body }: Asked): unknown {
  if (action === 'DescribeAlarms') {
    const alarm = {
      AlarmName: 'sluice-dev-AlarmsCircuitOpened-1',
      AlarmDescription: 'Says.',
      StateUpdatedTimestamp: 17,
    };
    return { MetricAlarms: [alarm] };
  }
  const queries = body['MetricDataQueries'] as readonly Query[];
  return { MetricDataResults: queries.map(({ Id }) => ({ Id, Values: values[Id] ?? [] })) };
}

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const one = { action, body: JSON.parse(text) };
    asked.push(one);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(status === 200 ? answerTo(one) : { __type: 'AccessDeniedException' }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  process.env['AWS_ENDPOINT_URL_CLOUDWATCH'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  status = 200;
});
afterAll(() => {
  if (endpoint === undefined) delete process.env['AWS_ENDPOINT_URL_CLOUDWATCH'];
  else process.env['AWS_ENDPOINT_URL_CLOUDWATCH'] = endpoint;
  server.closeAllConnections();
  server.close();
});

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const never = new AbortController().signal;

function scene() {
  const clock = { nowMs: Date.parse('2026-11-22T10:02:00Z') };
  const watch = cloudWatchWatch({
    aws: { region: 'us-east-1', credentials, dynamodbEndpoint: undefined },
    stage: 'dev',
    queueUrls: { responses: 'https://sqs.us-east-1.amazonaws.com/1/sluice-dev-Responses-X' },
    now: () => clock.nowMs,
  });
  return { clock, watch };
}

test('the last minutes are the sums of this period and the one before, latencies the worse of both', async () => {
  const { watch } = scene();
  expect(await watch(undefined, never)).toEqual({
    recent: {
      windowSeconds: 420,
      requests: 100,
      clientErrors: null,
      serverErrors: 3,
      latencyMs: { p50: 410, p99: 2_000 },
      inputTokens: 30,
      outputTokens: 3,
      costMicroUsd: 1_500_000,
    },
    alerts: [{ name: 'sluice-dev-AlarmsCircuitOpened-1', since: 17, description: 'Says.' }],
    queueAgesSeconds: new Map([['responses', 61]]),
  });
  const [data] = asked.filter(({ action }) => action === 'GetMetricData');
  const queries = (data?.body['MetricDataQueries'] ?? []) as readonly Query[];
  expect(queries.find(({ Id }) => Id === 'p99')?.MetricStat).toEqual({
    Metric: {
      Namespace: 'Sluice',
      MetricName: 'Latency',
      Dimensions: [{ Name: 'service', Value: 'sluice-dev' }],
    },
    Stat: 'p99',
    Period: 300,
  });
  expect(queries.find(({ Id }) => Id === 'age_responses')?.MetricStat.Metric).toMatchObject({
    Namespace: 'AWS/SQS',
    Dimensions: [{ Name: 'QueueName', Value: 'sluice-dev-Responses-X' }],
  });
  const [alarms] = asked.filter(({ action }) => action === 'DescribeAlarms');
  expect(alarms?.body).toMatchObject({ StateValue: 'ALARM', AlarmNamePrefix: 'sluice-dev-Alarms' });
});

test('costs little: an answer is kept for a minute, and a failure is not', async () => {
  const { watch, clock } = scene();
  status = 400;
  await expect(watch(undefined, never)).rejects.toThrow();
  status = 200;
  await watch(undefined, never);
  const before = asked.length;
  clock.nowMs += 59_000;
  await watch(undefined, never);
  expect(asked).toHaveLength(before);
  clock.nowMs += 1_000;
  await watch(undefined, never);
  expect(asked).toHaveLength(before + 2);
});
