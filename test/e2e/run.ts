/**
 * `npm run e2e`: the whole life of a deployment. An AWS on loopback, `cdk deploy`,
 * the official SDK, `cdk destroy`, and nothing left.
 */
import assert from 'node:assert/strict';
import { queues } from '../../infra/queues.ts';
import { deployedRoutes as routes } from '../../infra/routes.ts';
import { schedules } from '../../infra/schedules.ts';
import { scriptedProvider } from '../support/scripted-provider.ts';
import { administerAdministrators, holdToLimits, keepAccounts, runSchedules } from './accounts.ts';
import { workInBulk } from './batches.ts';
import { type Clients, createClients } from './clients.ts';
import { run } from './command.ts';
import { administer, newTenant, readUsage, takeDown } from './control-plane.ts';
import { bootstrap, deploy, destroy, lint, type Outputs, synthesize } from './deployment.ts';
import { answerTheGuide, converse } from './generation.ts';
import { guard } from './guardrails.ts';
import { limit } from './limits.ts';
import { inventory, type Ministack, startMinistack } from './ministack.ts';
import { callModels, repeatQuestions, type Upstream } from './model-plane.ts';
import { beRefused, refusedWithoutProviderKey } from './refusals.ts';
import { createReport, type Report } from './report.ts';
import { findRequestLog, wishForRequestLog } from './request-log.ts';
import { listen } from './scheduled.ts';
import { runTools } from './tools.ts';
import { createWeatherFunction } from './weather.ts';
import { environment, installPrograms } from './workspace.ts';

/** Stopped when the run ends, however it does, the last one first. */
const stops: (() => Promise<void>)[] = [];
const atEnd = (stop: () => Promise<void>): void => void stops.push(stop);
const stopAll = async (): Promise<void> => {
  for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
};

async function life(report: Report): Promise<void> {
  await report.step('Install MiniStack, cfn-lint and the AWS CLI', installPrograms);

  const provider = await scriptedProvider();
  atEnd(provider.stop);
  const streaming = await report.step('cdk synth, streaming', () => synthesize('stream', environment()));
  const buffered = await report.step('cdk synth, buffered', () =>
    synthesize('buffered', environment({ OPENAI_BASE_URL: provider.baseURL })),
  );
  await report.step('cfn-lint', async () => {
    await report.check('cfn-lint accepts the streaming template', () => lint(streaming, environment()));
    await report.check('cfn-lint accepts the buffered template', () => lint(buffered, environment()));
  });

  const aws = await report.step('Start MiniStack', () => startMinistack(atEnd));
  await report.step('cdk bootstrap', () => bootstrap(aws));
  await report.step('Create a function that is a tool', () => createWeatherFunction(aws));
  const before = await inventory(aws);
  const outputs = await report.step('cdk deploy', () => deploy(buffered, aws));
  const deployed = await inventory(aws);
  await report.check('the stack has made something of every kind', () => {
    for (const kind of Object.keys(before)) assert.notDeepEqual(deployed[kind], before[kind], kind);
    const callers: readonly { readonly function: string }[] = [...routes, ...schedules, ...queues];
    // One more empties the buckets.
    const ours = new Set(callers.map((caller) => caller.function)).size + 1;
    assert.equal(deployed['functions']?.length, (before['functions']?.length ?? 0) + ours);
  });

  await use(report, aws, outputs, { provider, key: 'sk-upstream-of-the-end-to-end-test' });

  await report.step('cdk destroy', () => destroy(buffered, aws));
  const after = await inventory(aws);
  for (const kind of Object.keys(before)) {
    await report.check(`nothing is left of the stack's ${kind}`, () => assert.deepEqual(after[kind], before[kind]));
  }
}

/** From the outputs of the deployment to every route of the API. */
async function use(report: Report, aws: Ministack, outputs: Outputs, upstream: Upstream): Promise<void> {
  const shell = (command: string) => run('sh', ['-c', command], aws.environment);
  const adminAPIKey = await report.step('Read the root admin key, by the command that the stack gives', async () =>
    (await shell(outputs.RootAdminKeyCommand)).trim(),
  );
  await report.check('the root admin key is long', () => assert.match(adminAPIKey, /^[A-Za-z0-9]{48,}$/));

  const clients = createClients(addressOf(outputs.BaseUrl, aws));
  const admin = clients.with({ adminAPIKey });
  const tenant = await report.step('Create a project, a service account and its key', () => newTenant(admin));
  const app = clients.with({ apiKey: tenant.key });

  await refusedWithoutProviderKey(report, app);
  await report.step('Store the key of the provider, by the command that the stack gives', () =>
    shell(outputs.ProviderKeysCommand.replace('...', upstream.key)),
  );
  await report.step('Call models', () => callModels(report, app, upstream));
  await report.step('Read the usage', () => readUsage(report, admin, tenant));
  await report.step('Repeat questions', () => repeatQuestions(report, app, upstream));
  await report.step('Be refused', () => beRefused(report, clients, { apiKey: tenant.key, adminAPIKey }));
  await report.step('Administer', () => administer(report, admin, tenant));
  await report.step('Limit', () => limit(report, admin, tenant));
  await report.step('Hold to limits', () => holdToLimits(report, clients, admin));
  await report.step('Answer the guide', () => answerTheGuide(report, app, upstream.provider));
  await report.step('Converse', () => converse(report, app, upstream.provider));
  await report.step('Run tools', () =>
    runTools(report, admin, { app, projectId: tenant.projectId, provider: upstream.provider }),
  );
  await report.step('Wish for a request log', () => wishForRequestLog(report, admin, tenant));
  await report.step('Work in bulk', () => workInBulk(report, app, upstream.provider));
  await report.step('Guard', () => guard(report, clients, admin, upstream.provider));
  await report.step('Administer administrators', () => administerAdministrators(report, clients, admin));
  await report.step('Keep accounts', () => keepAccounts(report, admin, tenant));
  const scheduled = await report.step('Listen', () => listen(aws, outputs));
  await report.step('Read the request log', () => findRequestLog(report, tenant, scheduled));
  await report.step('Call what the clock calls', () =>
    runSchedules(report, admin, tenant, { app, provider: upstream.provider }, scheduled),
  );
  await report.step('Take down', () => takeDown(report, admin, tenant));
  await report.step('Call without a key', () => callWithoutKey(report, clients));
  await report.check('every route has answered', () => assert.deepEqual(clients.uncalled(), []));
}

async function callWithoutKey(report: Report, { baseURL, fetch }: Clients): Promise<void> {
  const get = async (path: string): Promise<unknown> => (await fetch(`${baseURL}${path}`)).json();
  await report.check('GET /health', async () => assert.deepEqual(await get('/health'), { status: 'ok' }));
  await report.check('GET /openapi.json', async () => {
    const { paths } = (await get('/openapi.json')) as { readonly paths: object };
    assert.deepEqual(Object.keys(paths).sort(), [...new Set(routes.map(({ path }) => path))].sort());
  });
}

/** Where MiniStack serves the API that AWS would serve at this address. */
function addressOf(baseUrl: string, aws: Ministack): string {
  const [, apiId, stage] = /^https:\/\/([a-z0-9]+)\.execute-api\.[^/]+\/(v1)$/.exec(baseUrl) ?? [];
  if (!apiId || !stage) throw new Error(`The output BaseUrl is no address of an API: ${baseUrl}`);
  return aws.apiUrl(apiId, stage);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().finally(() => process.exit(1)));
}

const report = createReport(() => performance.now());
try {
  await life(report);
} catch (error) {
  report.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await stopAll();
}
process.exitCode = report.close() ? 0 : 1;
