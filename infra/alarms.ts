/** What must not go unnoticed, as data: CDK makes alarms of it, and each has a runbook in docs/runbooks/. */
import type { MetricName } from '../shared/observability/metric-definitions.ts';
import type { QueueName } from '../shared/queues/queue.ts';
import type { Deployment } from './deployment.ts';
import { queues } from './queues.ts';

/** What an alarm looks at. Each metric of it is charged as one alarm: docs/adr/0073. */
export type Watched =
  | { readonly kind: 'metric'; readonly metric: MetricName; readonly statistic: 'Sum' | 'Average' | 'Maximum' | 'p99' }
  /** Of one metric in another; 0 while the part is below `partAtLeast`. */
  | { readonly kind: 'share'; readonly part: MetricName; readonly of: MetricName; readonly partAtLeast: number }
  /** More than CloudWatch expects from what it has seen, by so many standard deviations. */
  | { readonly kind: 'spike'; readonly metric: MetricName; readonly deviations: number }
  /** What lies in a queue of dead letters. */
  | { readonly kind: 'deadLetters'; readonly of: QueueName | 'schedules' }
  /** AWS's own, of the whole account in this region. */
  | { readonly kind: 'aws'; readonly namespace: string; readonly metric: string; readonly statistic: 'Sum' };

export type AlarmDefinition = {
  /** Its runbook has the same in kebab case; all queues share one. */
  readonly name: string;
  /** Without these something is lost: answers, money or what was promised. They fit into what CloudWatch does not charge for. */
  readonly essential: boolean;
  readonly watches: Watched;
  readonly periodSeconds: number;
  /** So many of the latest periods, of which `datapointsToAlarm` have to be bad; absent: all of them. */
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number;
  /** Bad from here on. Of a spike it says nothing. */
  readonly threshold: number;
  /** Where less is bad: below the threshold, and no data at all. */
  readonly below?: true;
  /** One sentence for whoever is woken by it. The runbook has the rest. */
  readonly says: string;
};

/** Seen within five minutes. */
const within = { periodSeconds: 300, evaluationPeriods: 1 } as const;
/** Two periods of three: neither one bad moment, nor a good one in between. */
const lasting = { periodSeconds: 300, evaluationPeriods: 3, datapointsToAlarm: 2 } as const;

const sumOf = (metric: MetricName, threshold = 1) =>
  ({ ...within, watches: { kind: 'metric', metric, statistic: 'Sum' }, threshold }) as const;

const ofQueue = (name: QueueName): AlarmDefinition => ({
  name: `${name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')}DeadLetters`,
  essential: true,
  ...within,
  watches: { kind: 'deadLetters', of: name },
  threshold: 1,
  says: `A message of the queue ${name} was delivered as often as it may be and never worked on.`,
});

export type AlarmSettings = Pick<Deployment, 'violationAlarm' | 'firstByteAlarm'>;

export const alarmDefinitions = ({ violationAlarm, firstByteAlarm }: AlarmSettings): readonly AlarmDefinition[] => [
  {
    name: 'ServerErrors',
    essential: true,
    ...lasting,
    watches: { kind: 'metric', metric: 'ServerErrors', statistic: 'Average' },
    threshold: 0.05,
    says: 'One request in twenty, or more, ends in a 5xx or in an error within its stream.',
  },
  {
    name: 'CostAboveBound',
    essential: true,
    ...sumOf('CostAboveBound'),
    says: 'A call cost more than was reserved for it: a price, a window or a maximum is wrong, or a provider ignores the maximum.',
  },
  {
    name: 'CredentialRefused',
    essential: true,
    ...sumOf('CredentialRefused'),
    says: 'A provider refuses the credential of the gateway, so that nobody can use it.',
  },
  {
    name: 'BudgetStoreErrors',
    essential: true,
    ...sumOf('BudgetStoreErrors', 3),
    says: 'The table of limits and budgets does not do what it is asked: calls are refused with a 503 meanwhile.',
  },
  {
    name: 'ReservationsSwept',
    essential: true,
    ...sumOf('ReservationsSwept'),
    says: 'Functions died before they had settled their calls, which were charged at their bounds.',
  },
  {
    name: 'ViolationLost',
    essential: true,
    ...sumOf('ViolationLost'),
    says: 'What a guardrail found could not be written to the table of violations.',
  },
  {
    name: 'DeadLetters',
    essential: true,
    ...within,
    watches: { kind: 'deadLetters', of: 'schedules' },
    threshold: 1,
    says: 'A call of a schedule failed for good.',
  },
  ...queues.map(({ name }) => ofQueue(name)),
  {
    name: 'CircuitOpened',
    essential: false,
    ...sumOf('CircuitOpened'),
    says: 'A model of a provider fails so often that it is left alone for a while.',
  },
  {
    name: 'ModerationUnavailable',
    essential: false,
    ...sumOf('ModerationUnavailable'),
    says: 'Content could not be checked, and was refused or let through unchecked, as the policy of its project says.',
  },
  {
    name: 'SafetyViolation',
    essential: false,
    ...sumOf('SafetyViolation', violationAlarm),
    says: 'Many requests violate the safety policies of their projects: an attack, a client that has gone wrong, or a policy that is too strict.',
  },
  {
    name: 'RequestLogLost',
    essential: false,
    ...sumOf('RequestLogLost'),
    says: 'A call whose project wants it logged is missing in the request log, or its content is.',
  },
  {
    name: 'NegativeBudgets',
    essential: false,
    ...within,
    watches: { kind: 'metric', metric: 'NegativeBudgets', statistic: 'Maximum' },
    threshold: 1,
    says: 'More was spent than a budget has: its limit was lowered below that, or a call cost more than its bound.',
  },
  {
    name: 'FirstByteSlow',
    essential: false,
    ...lasting,
    watches: { kind: 'metric', metric: 'TimeToFirstByte', statistic: 'p99' },
    threshold: firstByteAlarm * 1_000,
    says: `One stream in a hundred waits ${firstByteAlarm} seconds or more for its first byte.`,
  },
  {
    name: 'LambdaThrottles',
    essential: false,
    ...within,
    watches: { kind: 'aws', namespace: 'AWS/Lambda', metric: 'Throttles', statistic: 'Sum' },
    threshold: 1,
    says: 'Lambda refused to run a function of this account in this region, for want of concurrency.',
  },
  {
    name: 'RateLimitStorm',
    essential: false,
    ...lasting,
    watches: { kind: 'share', part: 'RateLimited', of: 'Requests', partAtLeast: 100 },
    threshold: 0.5,
    says: 'Every second request, or more, is refused by a limit on requests, tokens or streams.',
  },
  {
    name: 'SpendSpike',
    essential: false,
    watches: { kind: 'spike', metric: 'CostMicroUsd', deviations: 4 },
    periodSeconds: 3_600,
    evaluationPeriods: 1,
    threshold: 0,
    says: 'Much more is spent in an hour than CloudWatch expects at this time of the week.',
  },
  {
    name: 'ReportMissed',
    essential: false,
    watches: { kind: 'metric', metric: 'DailyReports', statistic: 'Sum' },
    // The window slides, so a day of exactly 24 hours would be without its report whenever one is made a minute later.
    periodSeconds: 3_600,
    evaluationPeriods: 26,
    threshold: 1,
    below: true,
    says: 'For more than a day no daily report was published. It goes off on the day of the installation, too, until the first.',
  },
];

/** Which of them a deployment has. */
export const alarmsOf = ({ alarms, ...settings }: AlarmSettings & Pick<Deployment, 'alarms'>): AlarmDefinition[] =>
  alarmDefinitions(settings).filter(({ essential }) => alarms === 'all' || (alarms === 'essential' && essential));

/** What CloudWatch charges it as: an anomaly is looked for between two bounds, which count as metrics. */
export function chargedMetrics({ kind }: Watched): number {
  if (kind === 'share') return 2;
  return kind === 'spike' ? 3 : 1;
}

/** What one queue's dead letters ask for, all of them do. */
export function runbookOf({ name, watches }: Pick<AlarmDefinition, 'name' | 'watches'>): string {
  const isOfQueue = watches.kind === 'deadLetters' && watches.of !== 'schedules';
  const title = isOfQueue ? 'QueueDeadLetters' : name;
  return `docs/runbooks/${title.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.md`;
}
