/**
 * The chat function as it is deployed, its bundle and its configuration beside
 * it, on Lambda's runtime client; around it a provider that answers as told, a
 * real DynamoDB engine, and one tenant with a key.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunctions, resolvedConfigFile } from '../../infra/build/bundle.ts';
import { resolveConfig } from '../../infra/build/resolve-config.ts';
import { gatewayEvent } from '../../infra/local/event.ts';
import { matchRoute } from '../../infra/local/match-route.ts';
import { routes } from '../../infra/routes.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { GatewayEvent } from '../../shared/http/event.ts';
import type { StoredAttempt } from '../../shared/usage/attempt.ts';
import { dynamoUsageStore } from '../../shared/usage/usage-store.ts';
import { testDatabase } from '../support/database.ts';
import { environmentFor, oneProvider, testGateway } from '../support/gateway.ts';
import { type ScriptedBucket, scriptedBucket } from '../support/scripted-bucket.ts';
import { type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts';
import { busyModels, spareProvidersModel } from './questions.ts';
import { type HttpAnswer, readAnswer } from './read-answer.ts';
import { type Answer, type Pace, type RuntimeApi, runtimeApi } from './runtime-api.ts';
import { type Runtime, startRuntime } from './runtime-client.ts';
import { type SlowDatabase, slowDatabase } from './slow-database.ts';

export type Question = Readonly<Record<string, unknown>> | string;

type Asked = { readonly answer: Answer; readonly http: HttpAnswer; readonly endedAtMs: number };

export type House = {
  readonly provider: ScriptedProvider;
  readonly database: SlowDatabase;
  readonly bucket: ScriptedBucket;
  readonly key: string;
  /** The folder that Lambda would unpack as the function's code. */
  readonly taskRoot: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly api: RuntimeApi;
  readonly runtime: Runtime;
  event(question: Question, headers?: Readonly<Record<string, string>>): GatewayEvent;
  /** Through Lambda's runtime client, to the end of the invocation. */
  ask(event: GatewayEvent, pace?: Pace): Promise<Asked>;
  /** The ledger's rows of one request, read past the slow door. */
  rows(event: GatewayEvent): Promise<StoredAttempt[]>;
  stop(): Promise<void>;
};

const handler = 'index.handler';

/** What the stack and Lambda set, and nothing of the process that runs the checks. */
const isTheFunctions = (name: string): boolean =>
  /^(SLUICE|AWS|POWERTOOLS|DYNAMODB|TEST_PROVIDER|RESPONSE|BODIES)_|_TABLE$/.test(name);

const userAgent = 'lambda-runtime-checks';

function chatEvent(question: Question, headers: Readonly<Record<string, string>>): GatewayEvent {
  const match = matchRoute(routes, 'POST', '/chat/completions');
  if (!match) throw new Error('there is no such route');
  return gatewayEvent(
    {
      method: 'POST',
      url: '/v1/chat/completions',
      rawHeaders: Object.entries({ 'Content-Type': 'application/json', 'User-Agent': userAgent, ...headers }).flat(),
      body: Buffer.from(typeof question === 'string' ? question : JSON.stringify(question)),
      sourceIp: '127.0.0.1',
      requestId: crypto.randomUUID(),
      receivedAtMs: Date.now(),
    },
    match,
  );
}

/** Besides the usual one, who may refuse a key or be too busy without being left alone for it by the checks that follow. */
function withSpares({ providers, models, ...rest }: Config): Config {
  const { scripted } = providers;
  const usual = models['test-model'];
  if (!scripted || !usual) throw new Error('there is no usual provider');
  return {
    ...rest,
    providers: { ...providers, spare: scripted },
    models: {
      ...models,
      [spareProvidersModel]: { ...usual, targets: ['spare/upstream-model'] },
      ...Object.fromEntries(busyModels.map((name) => [name, { ...usual, targets: [`scripted/${name}`] }])),
    },
  };
}

export async function buildHouse(): Promise<House> {
  const undo: (() => Promise<void> | void)[] = [];
  const provider = await scriptedProvider();
  undo.push(() => provider.stop());
  const tables = await testDatabase();
  undo.push(() => tables.stop());
  const database = await slowDatabase(tables.endpoint);
  undo.push(() => database.stop());
  const bucket = await scriptedBucket();
  undo.push(() => bucket.stop());

  const config = withSpares(oneProvider(provider.baseURL));
  const gateway = await testGateway(tables, config);
  const { key, projectId } = await gateway.tenant();

  const folder = mkdtempSync(join(tmpdir(), 'sluice-lambda-runtime-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const bundles = await bundleFunctions(folder, resolveConfig(config, { now: new Date() }));
  const taskRoot = bundles['chat-completions']?.folder ?? '';

  const variables = environmentFor(tables, config, {
    // As the stack has it: Lambda starts a function in the folder of its code.
    SLUICE_RESOLVED_CONFIG: resolvedConfigFile,
    DYNAMODB_ENDPOINT: database.endpoint,
    BODIES_BUCKET: 'bodies',
    AWS_ENDPOINT_URL_S3: bucket.endpoint,
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_METRICS_DISABLED: 'false',
  });
  const environment = Object.fromEntries(Object.entries(variables).filter(([name]) => isTheFunctions(name)));

  const api = await runtimeApi();
  undo.push(() => api.stop());
  const runtime = startRuntime({ api, taskRoot, handler, environment });
  undo.push(() => runtime.stop());

  const usage = dynamoUsageStore(tables.db, tables.names.usage);
  const minuteMs = 60_000;

  return {
    provider,
    database,
    bucket,
    key,
    taskRoot,
    environment,
    api,
    runtime,
    event: (question, headers = { Authorization: `Bearer ${key}` }) => chatEvent(question, headers),
    async ask(event, pace) {
      const delivery = api.deliver(event, event.requestContext.requestId, pace);
      const died = runtime.exited.then((code) => {
        throw new Error(`The runtime ended with ${code}.\n${runtime.log().slice(-2_000)}`);
      });
      const answer = await Promise.race([delivery.answer, died]);
      const endedAtMs = await Promise.race([delivery.ended, died]);
      const http = readAnswer(answer);
      if (!http)
        throw new Error(`An answer without a prelude: ${Buffer.concat(answer.pieces.map(({ bytes }) => bytes))}`);
      return { answer, http, endedAtMs };
    },
    async rows(event) {
      const { requestTimeEpoch, requestId } = event.requestContext;
      const found: StoredAttempt[] = [];
      for await (const row of usage.between(projectId, requestTimeEpoch - minuteMs, Date.now() + minuteMs)) {
        if (row.requestId === requestId) found.push(row);
      }
      return found;
    },
    async stop() {
      for (const step of undo.reverse()) await step();
    },
  };
}
