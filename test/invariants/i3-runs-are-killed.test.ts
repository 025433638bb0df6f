/** I3: instances killed in the midst of runs of tools. What the provider has served is in the ledger once, and nothing is held. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { bundleFunctions } from '../../infra/build/bundle.ts';
import { resolveConfig } from '../../infra/build/resolve-config.ts';
import { gatewayEvent } from '../../infra/local/event.ts';
import { matchRoute } from '../../infra/local/match-route.ts';
import { routes } from '../../infra/routes.ts';
import type { GatewayEvent } from '../../shared/http/event.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { environmentFor, oneProvider, type Tenant, testGateway } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { question } from '../support/scene.ts';
import { type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';
import { expectTrueBooks, ledgerOf } from './support/books.ts';
import type { Doom } from './support/doomed.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

/** Most of a kill is the start of an instance. */
const rounds = Number(process.env['ROUNDS'] ?? 1);
const script = join(import.meta.dirname, 'support', 'doomed.ts');
/** What is seen from outside of a run, in its order: the kill comes upon one of these. */
const stages = ['asked', 'answered', 'tool called', 'tool answered', 'asked again', 'answered again'] as const;
type Stage = (typeof stages)[number];

const tools = servedTools();
let database: TestDatabase;
let provider: ScriptedProvider;
/** Who waits for a stage. */
let waiting: { readonly stage: Stage; readonly reached: () => void } | null = null;
const reach = (stage: Stage): void => {
  if (waiting?.stage === stage) waiting.reached();
};
const next = (stage: Stage): Promise<void> =>
  new Promise((reached) => {
    waiting = { stage, reached };
  });

beforeAll(async () => {
  [database, provider] = await Promise.all([testDatabase(), scriptedProvider()]);
  const [calling, telling] = [() => saying([weatherIn('Paris')]), () => saying('It is sunny in Paris.')];
  provider.script = async (response, asked) => {
    const isAgain = asked.text.includes('tool_call_id');
    response.on('error', () => {});
    reach(isAgain ? 'asked again' : 'asked');
    await sleep(Math.random() * 8);
    await (isAgain ? telling : calling)()(response, asked);
    reach(isAgain ? 'answered again' : 'answered');
  };
});
afterAll(() => Promise.all([database.stop(), provider.stop()]));

const eventOf = ({ key }: Tenant, stream: boolean): GatewayEvent => {
  const match = matchRoute(routes, 'POST', '/chat/completions');
  if (!match) throw new Error('there is a route for chats');
  const weather = [{ type: 'function', function: { name: 'sluice:get_weather' } }];
  const body = Buffer.from(JSON.stringify({ ...question, max_tokens: 20, tools: weather, stream }));
  const rawHeaders = ['authorization', `Bearer ${key}`, 'content-type', 'application/json'];
  const request = { method: 'POST', url: '/v1/chat/completions', rawHeaders, body };
  return gatewayEvent({ ...request, sourceIp: '127.0.0.1', requestId: 'x', receivedAtMs: Date.now() }, match);
};

const countBy = (names: readonly unknown[]): Map<unknown, number> => {
  const counts = new Map<unknown, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

test('killed before a tool, while it runs, between two questions, and in the second answer (I3)', async () => {
  tools().script = async (response) => {
    response.on('error', () => {});
    reach('tool called');
    await sleep(Math.random() * 8);
    response.end('{"weather":"sunny"}');
    reach('tool answered');
  };
  const config = oneProvider(provider.baseURL);
  const environment = environmentFor(database, config, loopbackTools);
  const bundles = await bundleFunctions(temporaryFolder(), resolveConfig(config, { now: new Date() }));
  const gateway = await testGateway(database, config, { environment: loopbackTools });
  await registered(gateway, tools().url);
  const tenant = await gateway.tenant();
  const { projectId } = tenant;
  await holdTo(database, projectId, {
    spendLimitMicroUsd: 1_000_000_000,
    concurrentStreams: 100_000,
    limits: { requestsPerMinute: 100_000, burst: 100_000, tokensPerMinute: 100_000_000 },
  });

  const doom: Doom = {
    bundle: pathToFileURL(join(bundles['chat-completions']?.folder ?? '', 'index.mjs')).href,
    events: [eventOf(tenant, false), eventOf(tenant, true)],
    loops: 4,
  };
  const started = async (): Promise<ChildProcess> => {
    const env = { ...environment, NODE_COMPILE_CACHE: join(bundles['health']?.folder ?? '', 'cache') };
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
    const child = fork(script, [JSON.stringify(doom)], { env, execArgv: [], stdio: [...stdio] });
    await once(child, 'message');
    return child;
  };
  // Upon its stage for the third time, and a little later: others are at other stages by then.
  const kills = Array.from({ length: rounds }, () => stages).flat();
  for (const stage of kills) {
    const child = await started();
    child.send('go');
    for (let times = 0; times < 3; times += 1) await next(stage);
    await sleep(Math.random() * 6);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  // What the dead have sent may still be on its way.
  await sleep(200);

  const nowMs = Date.now();
  const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
  const left = await ledgerOf(house, projectId, nowMs);
  // Of each that was killed at least one was under way.
  expect(left.filter(({ state }) => state === 'open').length).toBeGreaterThanOrEqual(kills.length);
  await house.sweepAt(muchLater(nowMs));
  const rows = await expectTrueBooks(house, projectId, nowMs);

  const asked = countBy(provider.asked.map(({ body }) => body['user']));
  const metered = countBy(rows.map(({ requestId }) => requestId));
  const byGateway = rows.filter((row) => row.state === 'settled' && row.settledBy !== 'sweep' && row.costMicroUsd > 0);
  const told = countBy(byGateway.map(({ requestId }) => requestId));
  for (const [requestId, times] of asked) {
    expect(metered.get(requestId) ?? 0).toBeGreaterThanOrEqual(times);
    expect(metered.get(requestId) ?? 0).toBeLessThanOrEqual(2);
  }
  // What the gateway says was used was served.
  for (const [requestId, times] of told) expect(asked.get(requestId) ?? 0).toBeGreaterThanOrEqual(times);
  expect([...asked.values()].filter((times) => times === 2).length).toBeGreaterThanOrEqual(kills.length / 2);
  // Nobody has run a tool twice for one call of a model.
  const ids = tools().called.map(({ headers }) => headers['webhook-id']);
  expect(ids.length).toBeGreaterThan(kills.length);
  expect(new Set(ids).size).toBe(ids.length);
}, 120_000);
