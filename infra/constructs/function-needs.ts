/** What a function needs of the stack, from all that calls it: routes, schedules, or queues. */
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration } from 'aws-cdk-lib/core';
import {
  type BodyAccess,
  bodyAccessOf,
  type Route,
  type TablesTouched,
  tablesOf,
  touched,
} from '../../shared/http/route.ts';
import type { QueueName } from '../../shared/queues/queue.ts';
import type { Deployment } from '../deployment.ts';
import type { QueueDefinition } from '../queues.ts';
import type { Schedule } from '../schedules.ts';
import type { Secrets } from './secrets.ts';

export type FunctionNeeds = {
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  readonly tables: TablesTouched;
  /** By the variable that tells the function where each is: shared/environment.ts. */
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly publishes: boolean;
  readonly bucket: boolean;
  readonly bodies: readonly BodyAccess[];
  /** Writes the request log. */
  readonly requestLogs: boolean;
  readonly sendsTo: ReadonlySet<QueueName>;
  readonly receivesFrom: ReadonlySet<QueueName>;
  /** Asks models for chat: what Bedrock serves. */
  readonly chats: boolean;
  /** Runs the gateway's tools, of which some are functions. */
  readonly runsTools: boolean;
  /** Looks whether all is well. */
  readonly checksHealth: boolean;
  /** Nobody waits for its answer, so that calls which fail for good must be kept somewhere. */
  readonly unattended: boolean;
};

/**
 * A model call mostly waits, and is billed for waiting by the gigabyte; yet the
 * share of a processor comes with the memory, and with less than this a cold
 * start and the first TLS handshakes take seconds.
 */
const usualMemoryMb = 512;

/** The longest that Lambda runs, and that API Gateway streams. */
const longestTimeout = Duration.minutes(15);
/** The longest that API Gateway waits for an answer in one piece. */
const wholeTimeout = Duration.seconds(29);

/** For the function and for the integration in front of it: neither works on when the other has given up. */
export const timeoutOf = ({ streamed }: Pick<Route, 'streamed'>, { responseMode }: Deployment): Duration =>
  streamed && responseMode === 'stream' ? longestTimeout : wholeTimeout;

export const needsOfRoutes = (routes: readonly Route[], deployment: Deployment, secrets: Secrets): FunctionNeeds => ({
  description: routes.map(({ method, path }) => `${method} ${path}`).join(', '),
  memoryMb: Math.max(usualMemoryMb, ...routes.map(({ memoryMb }) => memoryMb ?? 0)),
  timeout: Duration.seconds(Math.max(...routes.map((route) => timeoutOf(route, deployment).toSeconds()))),
  tables: tablesOf(routes),
  secrets: secretsOf(routes, secrets),
  publishes: false,
  bucket: false,
  bodies: bodyAccessOf(routes),
  requestLogs: false,
  sendsTo: new Set(routes.flatMap(({ queues }) => queues ?? [])),
  receivesFrom: new Set(),
  // Responses are asked for as chat where a provider knows no other.
  chats: routes.some(({ providers, path }) => providers && ['/chat/completions', '/responses'].includes(path)),
  runsTools: routes.some(({ runsTools }) => runsTools),
  checksHealth: routes.some(({ checksHealth }) => checksHealth),
  unattended: false,
});

export const needsOfSchedules = (schedules: readonly Schedule[]): FunctionNeeds => ({
  description: schedules.map(({ name, expression }) => `${name}: ${expression}`).join(', '),
  memoryMb: Math.max(...schedules.map(({ memoryMb }) => memoryMb ?? usualMemoryMb)),
  timeout: longestTimeout,
  tables: touched(schedules.map(({ tables }) => tables)),
  secrets: new Map(),
  publishes: schedules.some(({ publishes }) => publishes),
  bucket: schedules.some(({ bucket }) => bucket),
  bodies: bodyAccessOf(schedules),
  requestLogs: false,
  sendsTo: new Set(schedules.flatMap(({ queues }) => queues ?? [])),
  receivesFrom: new Set(),
  chats: false,
  runsTools: false,
  checksHealth: false,
  unattended: true,
});

/** What fails for good is among the dead letters of the queue. */
export const needsOfQueues = (queues: readonly QueueDefinition[], { providerKeys }: Secrets): FunctionNeeds => ({
  description: queues.map(({ name, summary }) => `${name}: ${summary}`).join(', '),
  memoryMb: usualMemoryMb,
  timeout: longestTimeout,
  tables: touched(queues.map(({ tables }) => tables)),
  secrets: new Map(queues.some(({ providers }) => providers) ? [['PROVIDER_KEYS_SECRET', providerKeys]] : []),
  publishes: false,
  bucket: false,
  bodies: bodyAccessOf(queues),
  requestLogs: queues.some(({ requestLogs }) => requestLogs),
  sendsTo: new Set(queues.flatMap((queue) => queue.queues ?? [])),
  receivesFrom: new Set(queues.map(({ name }) => name)),
  chats: queues.some(({ providers }) => providers),
  runsTools: queues.some(({ providers }) => providers),
  checksHealth: false,
  unattended: false,
});

function secretsOf(routes: readonly Route[], { adminKey, pepper, providerKeys }: Secrets): ReadonlyMap<string, Secret> {
  const secrets = new Map<string, Secret>();
  if (routes.some(({ audience }) => audience !== 'anyone')) secrets.set('PEPPER_SECRET', pepper);
  if (routes.some(({ audience }) => audience === 'admin')) secrets.set('ADMIN_KEY_SECRET', adminKey);
  if (routes.some(({ providers, checksHealth }) => providers || checksHealth))
    secrets.set('PROVIDER_KEYS_SECRET', providerKeys);
  return secrets;
}
