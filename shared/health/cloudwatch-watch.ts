/** The last minutes as CloudWatch has them. Each question costs a hundredth of a cent, so an answer is kept for a minute. */
import type { AwsEnvironment } from '../environment.ts';
import { type MetricName, metricNamespace, serviceOf } from '../observability/metric-definitions.ts';
import type { QueueName } from '../queues/queue.ts';
import type { Alert, Seen, Watch } from './watch.ts';

type CloudWatch = typeof import('./cloudwatch-client.ts');
type Client = InstanceType<CloudWatch['CloudWatchClient']>;

export type CloudWatchDeps = {
  readonly aws: AwsEnvironment;
  readonly stage: string;
  /** By the queue's name its address, which ends in what CloudWatch calls it. */
  readonly queueUrls: Readonly<Partial<Record<QueueName, string>>>;
  readonly now: () => number;
};

const requestTimeoutMs = 2_500;
const keptMs = 60_000;

/** CloudWatch cuts time by the clock: the period that runs, and the one before it. */
const periodSeconds = 300;
const periods = 2;

const stats = {
  requests: ['Requests', 'Sum'],
  server_errors: ['ServerErrors', 'Sum'],
  p50: ['Latency', 'p50'],
  p99: ['Latency', 'p99'],
  input_tokens: ['InputTokens', 'Sum'],
  output_tokens: ['OutputTokens', 'Sum'],
  cost: ['CostMicroUsd', 'Sum'],
} as const satisfies Record<string, readonly [MetricName, string]>;
type Stat = keyof typeof stats;

const queueAge = (name: string): string => `age_${name.toLowerCase()}`;

export function cloudWatchWatch({ aws, stage, queueUrls, now }: CloudWatchDeps): Watch {
  let made: Client | undefined;
  let kept: { readonly atMs: number; readonly seen: Promise<Seen> } | null = null;

  const queues = Object.entries(queueUrls).flatMap(([name, url]) =>
    url === undefined ? [] : [{ name: name as QueueName, queueName: url.slice(url.lastIndexOf('/') + 1) }],
  );

  const queries = () => [
    ...Object.entries(stats).map(([Id, [MetricName, Stat]]) => ({
      Id,
      MetricStat: {
        Metric: {
          Namespace: metricNamespace,
          MetricName,
          Dimensions: [{ Name: 'service', Value: serviceOf(stage) }],
        },
        Period: periodSeconds,
        Stat,
      },
    })),
    ...queues.map(({ name, queueName }) => ({
      Id: queueAge(name),
      MetricStat: {
        Metric: {
          Namespace: 'AWS/SQS',
          MetricName: 'ApproximateAgeOfOldestMessage',
          Dimensions: [{ Name: 'QueueName', Value: queueName }],
        },
        Period: periodSeconds,
        Stat: 'Maximum',
      },
    })),
  ];

  async function valuesOf(cloudWatch: CloudWatch, client: Client, startMs: number, endMs: number, signal: AbortSignal) {
    const command = new cloudWatch.GetMetricDataCommand({
      MetricDataQueries: queries(),
      StartTime: new Date(startMs),
      EndTime: new Date(endMs),
      ScanBy: 'TimestampDescending',
    });
    const { MetricDataResults = [] } = await client.send(command, { abortSignal: signal });
    return new Map(MetricDataResults.map(({ Id = '', Values = [] }) => [Id, Values]));
  }

  /** The alarms have names of the stack's: infra/constructs/alarms.ts. */
  async function alarms(cloudWatch: CloudWatch, client: Client, signal: AbortSignal): Promise<readonly Alert[]> {
    const command = new cloudWatch.DescribeAlarmsCommand({
      StateValue: 'ALARM',
      AlarmNamePrefix: `${serviceOf(stage)}-Alarms`,
    });
    const { MetricAlarms = [] } = await client.send(command, { abortSignal: signal });
    return MetricAlarms.map(({ AlarmName = '', AlarmDescription = '', StateUpdatedTimestamp }) => ({
      name: AlarmName,
      since: Math.floor((StateUpdatedTimestamp?.getTime() ?? 0) / 1000),
      description: AlarmDescription,
    }));
  }

  async function look(signal: AbortSignal): Promise<Seen> {
    const cloudWatch = await import('./cloudwatch-client.ts');
    made ??= new cloudWatch.CloudWatchClient({
      region: aws.region,
      credentials: aws.credentials,
      maxAttempts: 2,
      requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
    });
    const nowMs = now();
    const periodMs = periodSeconds * 1000;
    const endMs = Math.ceil(nowMs / periodMs) * periodMs;
    const startMs = endMs - periods * periodMs;
    const [values, alerts] = await Promise.all([
      valuesOf(cloudWatch, made, startMs, endMs, signal),
      alarms(cloudWatch, made, signal),
    ]);
    const sum = (stat: Stat): number => (values.get(stat) ?? []).reduce((total, value) => total + value, 0);
    const worst = (stat: Stat): number => Math.round(Math.max(0, ...(values.get(stat) ?? [])));
    const requests = sum('requests');
    return {
      recent: {
        windowSeconds: Math.round((nowMs - startMs) / 1000),
        requests,
        clientErrors: null,
        serverErrors: sum('server_errors'),
        latencyMs: requests === 0 ? null : { p50: worst('p50'), p99: worst('p99') },
        inputTokens: sum('input_tokens'),
        outputTokens: sum('output_tokens'),
        costMicroUsd: Math.round(sum('cost')),
      },
      alerts,
      queueAgesSeconds: new Map(
        queues.flatMap(({ name }) => {
          const [latest] = values.get(queueAge(name)) ?? [];
          return latest === undefined ? [] : [[name, latest] as const];
        }),
      ),
    };
  }

  return (_host, signal) => {
    const nowMs = now();
    if (kept && Math.abs(nowMs - kept.atMs) < keptMs) return kept.seen;
    const seen = look(signal);
    const mine = { atMs: nowMs, seen };
    kept = mine;
    seen.catch(() => {
      if (kept === mine) kept = null;
    });
    return seen;
  };
}
