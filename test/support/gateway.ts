/**
 * The real functions behind the real route table, with no socket between them
 * and the official SDK. The clock and the log are the test's own.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { resolveConfig } from '../../infra/build/resolve-config.ts';
import { gatewayAnswer } from '../../infra/gateway-responses.ts';
import { gatewayEvent } from '../../infra/local/event.ts';
import { invoke, type LambdaHandler, lambdaContext } from '../../infra/local/invoke.ts';
import { matchRoute } from '../../infra/local/match-route.ts';
import { deliver, receive } from '../../infra/local/queues.ts';
import { type QueueDefinition, type QueuedFunctionName, queues } from '../../infra/queues.ts';
import { type FunctionName, routes } from '../../infra/routes.ts';
import { type Schedule, type ScheduledFunctionName, type ScheduleName, schedules } from '../../infra/schedules.ts';
import * as background from '../../shared/background-deps.ts';
import * as batch from '../../shared/batch-deps.ts';
import type { Config } from '../../shared/config/schema.ts';
import * as controlPlane from '../../shared/control-plane-deps.ts';
import { conversationsDeps } from '../../shared/conversation-deps.ts';
import * as deps from '../../shared/deps.ts';
import { embeddingDeps } from '../../shared/embedding-deps.ts';
import { fileContentDeps, filesDeps, uploadsDeps } from '../../shared/file-deps.ts';
import { generationDeps } from '../../shared/generation-deps.ts';
import { organizationHealthDeps } from '../../shared/health-deps.ts';
import { buffered } from '../../shared/http/buffered.ts';
import type { HttpHandler } from '../../shared/http/event.ts';
import type { ScheduledEvent, ScheduledHandler } from '../../shared/http/scheduled.ts';
import { streamed } from '../../shared/http/streamed.ts';
import type { Host } from '../../shared/observability/host.ts';
import { describe as describeError, type Facts, type Log } from '../../shared/observability/log.ts';
import type { RequestMetrics, WatchedEvent } from '../../shared/observability/metrics.ts';
import type { QueueName } from '../../shared/queues/queue.ts';
import type { QueueHandler } from '../../shared/queues/queue-handler.ts';
import { dynamoQueueStore } from '../../shared/queues/queue-store.ts';
import * as requestLogs from '../../shared/request-log-deps.ts';
import { inputTokensDeps, responsesDeps } from '../../shared/responses-deps.ts';
import { reportDeps, sweepDeps } from '../../shared/scheduled-deps.ts';
import { tableNames, tableVariable } from '../../shared/tables.ts';
import { toolExecuteDeps, toolsDeps } from '../../shared/tools-deps.ts';
import type { TestDatabase } from './database.ts';
import { temporaryFolder } from './temporary.ts';

export type LogLine = { readonly level: string; readonly message: string; readonly facts: Facts };
export type TestClock = { nowMs: number };

export type TestGateway = {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: TestClock;
  readonly logs: LogLine[];
  readonly metrics: RequestMetrics[];
  /** What alarms would have been told of. */
  readonly events: WatchedEvent[];
  readonly live: deps.Live;
  /** As Lambda would call them, for requests that `fetch` would refuse to send. */
  readonly functions: ReadonlyMap<string, LambdaHandler>;
  /** Calls the schedule's function as Scheduler would, at the clock's time. */
  runSchedule(name: ScheduleName): Promise<void>;
  /** Delivers what the queue has at the clock's time, as Lambda would, and says how many messages that was. */
  runQueue(name: QueueName): Promise<number>;
  /** When every function has ended, accounts included. */
  idle(): Promise<void>;
  /** With the root key, unless another admin key is given. */
  admin(key?: string): OpenAI;
  withKey(apiKey: string, options?: { readonly defaultHeaders?: Record<string, string> }): OpenAI;
  /** A new project with one unrestricted key. */
  tenant(name?: string): Promise<Tenant>;
};

export type Tenant = {
  readonly projectId: string;
  readonly accountId: string;
  readonly key: string;
  readonly client: OpenAI;
};

export const adminKey = 'sk-admin-of-the-tests-0123456789abcdef';
export const baseURL = 'http://gateway.test/v1';

/** Which wiring each function has; a function without one does not compile. */
const wiring = {
  'chat-completions': generationDeps,
  responses: responsesDeps,
  'input-tokens': inputTokensDeps,
  embeddings: embeddingDeps,
  'stored-responses': background.storedResponsesDeps,
  moderations: deps.modelCallDeps,
  models: deps.modelsDeps,
  batches: batch.batchesDeps,
  key: deps.keyDeps,
  conversations: conversationsDeps,
  'conversation-items': conversationsDeps,
  files: filesDeps,
  'file-content': fileContentDeps,
  uploads: uploadsDeps,
  'models-retrieve': deps.modelsDeps,
  health: deps.publicDeps,
  openapi: deps.publicDeps,
  projects: controlPlane.projectsDeps,
  'service-accounts': controlPlane.accountsDeps,
  'project-api-keys': controlPlane.accountsDeps,
  'admin-api-keys': controlPlane.adminKeysDeps,
  'spend-alerts': controlPlane.spendAlertsDeps,
  'rate-limits': controlPlane.rateLimitsDeps,
  'spend-limits': controlPlane.spendLimitsDeps,
  'model-permissions': controlPlane.modelPermissionsDeps,
  'resilience-policy': controlPlane.resiliencePolicyDeps,
  'context-policy': controlPlane.contextPolicyDeps,
  'request-log-policy': requestLogs.requestLogPolicyDeps,
  'safety-policy': controlPlane.safetyPolicyDeps,
  violations: controlPlane.violationsDeps,
  tools: toolsDeps,
  'tool-execute': toolExecuteDeps,
  metrics: deps.adminGateway,
  'organization-health': organizationHealthDeps,
  circuits: controlPlane.circuitsDeps,
  runs: controlPlane.runsDeps,
  'audit-logs': controlPlane.auditLogsDeps,
  usage: deps.usageDeps,
  'usage-rerate': controlPlane.rerateUsageDeps,
} as const satisfies Record<FunctionName, (root: deps.Live) => unknown>;

/** The same of the functions that schedules call. */
const scheduledWiring = {
  sweep: sweepDeps,
  'usage-report': reportDeps,
} as const satisfies Record<ScheduledFunctionName, (root: deps.Live) => unknown>;

/** And of those that queues call. */
const queuedWiring = {
  'background-responses': background.backgroundWorkerDeps,
  'request-log': requestLogs.writeLogDeps,
  'batch-lanes': batch.batchLaneDeps,
} as const satisfies Record<QueuedFunctionName, (root: deps.Live) => unknown>;

type Module = { createHandler(deps: unknown): HttpHandler };
type QueuedModule = { createHandler(deps: unknown): QueueHandler };
type ScheduledModule = { createHandler(deps: unknown): ScheduledHandler };

const isStreamed = (name: string): boolean =>
  routes.some((route) => route.function === name && 'streamed' in route && route.streamed);

async function load(root: deps.Live, mode: 'stream' | 'buffered'): Promise<Map<string, LambdaHandler>> {
  const entries = Object.entries(wiring).map(async ([name, wire]) => {
    const { createHandler } = (await import(`../../functions/${name}.ts`)) as Module;
    const handler = createHandler(wire(root));
    return [name, (isStreamed(name) ? streamed(handler, mode) : buffered(handler)) as LambdaHandler] as const;
  });
  return new Map(await Promise.all(entries));
}

async function callScheduled(root: deps.Live, name: string): Promise<void> {
  const schedule = (schedules as readonly Schedule[]).find((candidate) => candidate.name === name);
  if (!schedule) throw new Error(`No schedule is called ${name}`);
  const wire = (scheduledWiring as Record<string, (root: deps.Live) => unknown>)[schedule.function];
  const { createHandler } = (await import(`../../functions/${schedule.function}.ts`)) as ScheduledModule;
  const id = crypto.randomUUID();
  const event: ScheduledEvent = { id, schedule: name, scheduledAt: new Date(root.now()).toISOString() };
  await createHandler(wire?.(root))(
    event,
    lambdaContext(schedule.function, id, () => Date.now()),
  );
}

/** Delivers what can be received at the clock's time, until there is nothing more. */
async function drain(root: deps.Live, name: QueueName): Promise<number> {
  const queue = (queues as readonly QueueDefinition[]).find((candidate) => candidate.name === name);
  if (!queue) throw new Error(`No queue is called ${name}`);
  const wire = (queuedWiring as Record<string, (root: deps.Live) => unknown>)[queue.function];
  const { createHandler } = (await import(`../../functions/${queue.function}.ts`)) as QueuedModule;
  const handler = createHandler(wire?.(root));
  const onFailure = (_: string, error: unknown): never => {
    throw error;
  };
  const delivering = {
    store: dynamoQueueStore(root.db, root.env.queues.table ?? ''),
    now: root.now,
    onFailure,
  };
  for (let delivered = 0; ; ) {
    const batch = await receive(delivering, queue, queue.batchSize);
    if (batch.length === 0) return delivered;
    await deliver(delivering, queue, handler, batch);
    delivered += batch.length;
  }
}

/** As the stand-ins for `npm start` and the stack would make it. */
export function environmentFor(
  database: TestDatabase,
  config: Config,
  more: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const folder = temporaryFolder();
  const file = join(folder, 'sluice.resolved.json');
  writeFileSync(file, JSON.stringify(resolveConfig(config, { now: new Date('2026-11-22T00:00:00Z') })));
  return {
    ...process.env,
    SLUICE_RESOLVED_CONFIG: file,
    DYNAMODB_ENDPOINT: database.endpoint,
    NOTIFICATIONS_FILE: join(folder, 'notifications.jsonl'),
    REPORTS_FOLDER: join(folder, 'reports'),
    BODIES_FOLDER: join(folder, 'bodies'),
    REQUEST_LOG_FOLDER: folder,
    REQUEST_LOG_SECRET: 'the-secret-of-the-request-log-of-the-tests',
    QUEUE_TABLE: database.queueTable,
    TEST_PROVIDER_KEY: 'sk-upstream-canary-key-0123456789',
    ...Object.fromEntries(tableNames.map((name) => [tableVariable(name), database.names[name]])),
    ...more,
  };
}

/** One provider, `scripted`, that serves the model `test-model`, and `free-model` at no price. */
export const oneProvider = (providerBaseURL: string): Config => ({
  providers: {
    scripted: { kind: 'openai', baseURL: providerBaseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'native' },
  },
  models: {
    'test-model': {
      targets: ['scripted/upstream-model'],
      price: { input: 1, cachedInput: 0.25, output: 4 },
      contextWindow: 128_000,
    },
    'omni-moderation-latest': { targets: ['scripted/omni-moderation-latest'], price: { input: 0, output: 0 } },
    unpriced: { targets: ['scripted/unpriced'] },
  },
  // What is tried again, and what is left alone, are subjects of their own.
  resilience: { attempts: 1, circuit: { failures: 1_000_000 } },
});

export type GatewayOptions = {
  readonly mode?: 'stream' | 'buffered';
  readonly environment?: NodeJS.ProcessEnv;
  readonly override?: (root: deps.Live) => Partial<deps.Live>;
  /** What one machine would hand to its functions. */
  readonly host?: Host;
};

export async function testGateway(
  database: TestDatabase,
  config: Config,
  { mode = 'stream', environment = {}, override = () => ({}), host }: GatewayOptions = {},
): Promise<TestGateway> {
  const clock: TestClock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
  const logs: LogLine[] = [];
  const metrics: RequestMetrics[] = [];
  const events: WatchedEvent[] = [];
  const note =
    (level: string) =>
    (message: string, { error, ...facts }: Facts = {}) => {
      logs.push({ level, message, facts: error === undefined ? facts : { ...facts, error: describeError(error) } });
    };
  const log: Log = { info: note('info'), warn: note('warn'), error: note('error') };
  const base: deps.Live = {
    ...deps.live(environmentFor(database, config, environment)),
    log,
    logDebug: note('debug'),
    emitMetrics: (line) => metrics.push(line),
    countEvent: (event) => {
      events.push(event);
    },
    now: () => clock.nowMs,
    random: () => 0.5,
    // A wait moves the clock, and takes no time.
    pause: async (ms) => {
      clock.nowMs += ms;
    },
  };
  const live = { ...base, ...override(base) };
  const functions = await load(live, mode);
  const underWay = new Set<Promise<void>>();

  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const requestId = crypto.randomUUID();
    const match = matchRoute(routes, request.method, url.pathname.replace(/^\/v1/, ''));
    const handler = match && functions.get(match.route.function);
    if (!match || !handler) {
      const { status, headers, body } = gatewayAnswer('MISSING_AUTHENTICATION_TOKEN');
      return new Response(body, { status, headers: { ...headers, 'x-request-id': requestId } });
    }
    const event = gatewayEvent(
      {
        method: request.method,
        url: url.pathname + url.search,
        rawHeaders: [...request.headers].flat(),
        body: Buffer.from(await request.arrayBuffer()),
        sourceIp: '127.0.0.1',
        requestId,
        receivedAtMs: clock.nowMs,
      },
      match,
    );

    return new Promise<Response>((resolve, reject) => {
      let leave = () => {};
      const cancelled = () => leave();
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const work = invoke({
            handler,
            event,
            context: lambdaContext(match.route.function, requestId, () => Date.now(), host && { host }),
            onPrelude: (status, headers) => resolve(new Response(body, { status, headers })),
            sink: {
              write: (chunk) => {
                controller.enqueue(chunk);
                return true;
              },
              onDrain: (resume) => resume(),
              end: () => controller.close(),
            },
            onCallerGone: (whenGone) => {
              leave = whenGone;
            },
          })
            .catch(reject)
            .finally(() => underWay.delete(work));
          underWay.add(work);
        },
        cancel: cancelled,
      });
      request.signal.addEventListener('abort', () => {
        cancelled();
        reject(request.signal.reason);
      });
    });
  };

  const withKey: TestGateway['withKey'] = (apiKey, options = {}) =>
    new OpenAI({ baseURL, apiKey, maxRetries: 0, fetch, ...options });
  const admin = (key = adminKey) => new OpenAI({ baseURL, apiKey: 'unused', adminAPIKey: key, maxRetries: 0, fetch });

  return {
    fetch,
    clock,
    logs,
    metrics,
    events,
    live,
    functions,
    withKey,
    admin,
    runSchedule: (name) => callScheduled(live, name),
    runQueue: (name) => drain(live, name),
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async tenant(name = 'tenant') {
      const { projects } = admin().admin.organization;
      const project = await projects.create({ name });
      const account = await projects.serviceAccounts.create(project.id, { name: 'app' });
      const key = account.api_key?.value ?? '';
      return { projectId: project.id, accountId: account.id, key, client: withKey(key) };
    },
  };
}
