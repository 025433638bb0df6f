/** I3: whatever is killed when, provider, ledger and counters agree in the end. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
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
import { killed, startedDoomed } from '../support/doomed-process.ts';
import { environmentFor, oneProvider, type Tenant, testGateway } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { question } from '../support/scene.ts';
import { completion, spoken, usage } from '../support/scripted-provider.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectTrueBooks, ledgerOf } from './support/books.ts';
import type { Doom } from './support/doomed.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

/** One after the other in each of the chains, and each with calls at every stage. */
const kills = Number(process.env['KILLS'] ?? 200);
const chains = 2;
const script = join(import.meta.dirname, 'support', 'doomed.ts');

let database: TestDatabase;
let provider: Server;
let baseURL: string;
/** The requests that the provider has seen, by their marks. */
const asked: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  provider = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (piece: Buffer) => chunks.push(piece));
    request.on('error', () => {});
    request.on('end', async () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      asked.push(body.user);
      await sleep(Math.random() * 8);
      response.on('error', () => {});
      response.writeHead(200, { 'content-type': body.stream ? 'text/event-stream' : 'application/json' });
      response.end(body.stream ? spoken(['a', 'b']).join('') : JSON.stringify(completion('x', usage(11, 4))));
    });
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const address = provider.address();
  baseURL = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
});
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await database.stop();
});

const eventOf = ({ key }: Tenant, stream: boolean): GatewayEvent => {
  const match = matchRoute(routes, 'POST', '/chat/completions');
  if (!match) throw new Error('there is a route for chats');
  const body = Buffer.from(JSON.stringify({ ...question, max_tokens: 20, stream }));
  const rawHeaders = ['authorization', `Bearer ${key}`, 'content-type', 'application/json'];
  const request = { method: 'POST', url: '/v1/chat/completions', rawHeaders, body };
  return gatewayEvent({ ...request, sourceIp: '127.0.0.1', requestId: 'x', receivedAtMs: Date.now() }, match);
};

test(`${kills} instances killed with calls at every stage: what the provider saw is in the ledger once, and all is settled (I3)`, async () => {
  const config = oneProvider(baseURL);
  const environment = environmentFor(database, config);
  const bundles = await bundleFunctions(temporaryFolder(), resolveConfig(config, { now: new Date() }));
  const gateway = await testGateway(database, config);
  const [free, limited] = [await gateway.tenant('free'), await gateway.tenant('limited')];
  await holdTo(database, free.projectId, { spendLimitMicroUsd: 1_000_000_000, concurrentStreams: 100_000 });
  // So that many are refused, and killed before they have taken their rows back.
  await holdTo(database, limited.projectId, {
    limits: { requestsPerMinute: 200, tokensPerMinute: 20_000_000 },
    shards: 2,
  });

  const doom: Doom = {
    bundle: pathToFileURL(join(bundles['chat-completions']?.folder ?? '', 'index.mjs')).href,
    events: [eventOf(free, false), eventOf(limited, false), eventOf(free, true), eventOf(limited, true)],
    loops: 6,
  };
  const started = async (): Promise<ChildProcess> => {
    const env = { ...environment, NODE_COMPILE_CACHE: join(bundles['health']?.folder ?? '', 'cache') };
    return startedDoomed(script, doom, env);
  };
  // How long one takes here until the provider hears of it: the others are killed before, about then, and after.
  const first = await started();
  const beganMs = performance.now();
  first.send('go');
  while (asked.length === 0) await sleep(1);
  const reachesMs = performance.now() - beganMs;
  await killed(first);

  const chain = async (count: number): Promise<void> => {
    let child = await started();
    for (let done = 0; done < count; done += 1) {
      child.send('go');
      const [next] = await Promise.all([done + 1 < count ? started() : null, sleep(Math.random() * 3 * reachesMs)]);
      await killed(child);
      if (next) child = next;
    }
  };
  await Promise.all(Array.from({ length: chains }, () => chain(kills / chains)));
  // What the dead have sent may still be on its way.
  await sleep(200);

  const nowMs = Date.now();
  const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
  const left = [
    ...(await ledgerOf(house, free.projectId, nowMs)),
    ...(await ledgerOf(house, limited.projectId, nowMs)),
  ];
  await house.sweepAt(muchLater(nowMs));

  const rows = [
    ...(await expectTrueBooks(house, free.projectId, nowMs)),
    ...(await expectTrueBooks(house, limited.projectId, nowMs, 2)),
  ];
  const metered = new Map(rows.map((row) => [row.requestId, row]));
  expect(metered.size).toBe(rows.length);
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.filter((requestId) => !metered.has(requestId))).toEqual([]);
  // Whom the provider has not seen has been settled by nobody but the sweep.
  const seen = new Set(asked);
  expect(
    rows.filter((row) => !seen.has(row.requestId) && row.state === 'settled' && row.settledBy !== 'sweep'),
  ).toEqual([]);
  // Those that were killed would have been left open.
  expect(left.filter(({ state }) => state === 'open').length).toBeGreaterThan(kills / 8);
  expect(asked.length).toBeGreaterThan(kills / 2);
}, 300_000);
