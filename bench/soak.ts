/**
 * A steady load on one gateway whose providers misbehave in every known way and
 * whose callers leave; then a look at what it has lost, leaked or let slip.
 *
 *   npm run soak -- --minutes 20 --rate 15
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import OpenAI from 'openai';
import type { Config } from '../shared/config/schema.ts';
import { startMisbehaving } from '../test/support/misbehaving-provider.ts';
import { misbehaviourNames } from '../test/support/misbehaviours.ts';
import { root } from './child.ts';
import { complaints, type Finding, handles, ledger, memory, usage } from './soak/findings.ts';
import { adminKey, startGateway } from './soak/gateway.ts';
import { type Counts, load } from './soak/load.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, rate: { type: 'string', default: '15' } },
});
const [minutes, perSecond] = [Number(values.minutes), Number(values.rate)];
const refuseEveryMs = 60_000;

const timeouts = { connectMs: 1_000, firstChunkMs: 1_500, idleMs: 1_500, totalMs: 4_000 };
const configOf = (first: string, second: string): Config => ({
  providers: {
    first: { kind: 'openai', baseURL: first, apiKeyEnv: 'SOAK_KEY', timeouts },
    second: { kind: 'openai', baseURL: second, apiKeyEnv: 'SOAK_KEY', timeouts },
  },
  models: { soak: { targets: ['first/a', 'second/b'], price: { input: 0.01, output: 0.01 } } },
  // Circuits open in the outages and close soon after, so that most of the load reaches the providers.
  resilience: { drainSeconds: 5, circuit: { failures: 20, windowSeconds: 10, failureShare: 0.9, openSeconds: 2 } },
});

async function projectsOf(baseURL: string) {
  const admin = new OpenAI({ baseURL, apiKey: adminKey, adminAPIKey: adminKey, maxRetries: 0 });
  const { projects } = admin.admin.organization;
  return Promise.all(
    ['drain', 'cancel'].map(async (on_disconnect) => {
      const { id } = await projects.create({ name: on_disconnect });
      await admin.post(`/organization/projects/${id}/resilience_policy`, { body: { on_disconnect } });
      const account = await projects.serviceAccounts.create(id, { name: 'soak' });
      return { id, apiKey: account.api_key?.value ?? '' };
    }),
  );
}

const page = (counts: Counts, findings: readonly Finding[]): string =>
  [
    '# A soak',
    '',
    `${new Date().toISOString()}: ${minutes} minutes at ${perSecond} calls a second on loopback, on a machine shared with other work, before two`,
    `providers with ${misbehaviourNames.length} ways to behave, drawn at random for 40 % of the calls, and an outage of 3 seconds each minute;`,
    '20 % of the callers leave, half of them of a project that drains and half of one that cancels. Made by `npm run soak`.',
    '',
    `${counts.calls} calls, ${counts.streams} of them streamed: ${counts.answered} answered, ${counts.left} left, failed: ${
      [...counts.failed].map(([why, count]) => `${why} ${count}`).join(', ') || 'none'
    }.`,
    '',
    '| what | found | |',
    '|---|---|---|',
    ...findings.map(({ what, found, wrong }) => `| ${what} | ${found} | ${wrong ? '**wrong**' : 'right'} |`),
    '',
  ].join('\n');

const [first, second] = await Promise.all([startMisbehaving('first'), startMisbehaving('second')]);
const gateway = await startGateway(configOf(first.baseURL, second.baseURL));
const projects = await projectsOf(gateway.baseURL);
await gateway.nextSample();
const samples = () => gateway.watched().filter((line) => line.kind === 'sample');
const before = samples().at(-1);
const beganAt = samples().length;

const outages = setInterval(() => void first.refuse(3_000).catch(() => {}), refuseEveryMs);
const untilMs = Date.now() + minutes * 60_000;
const apiKeys = projects.map(({ apiKey }) => apiKey);
const counts = await load({ baseURL: gateway.baseURL, apiKeys, perSecond, untilMs });
clearInterval(outages);
const underLoad = samples().slice(beganAt);
// Drains, timeouts and connections that are kept for the next call run out.
await new Promise((resolve) => setTimeout(resolve, 20_000));
await gateway.nextSample();

const rows = await gateway.rows(projects.map(({ id }) => id));
const [toldFirst, toldSecond] = await Promise.all([first.told(), second.told()]);
const findings = [
  memory('heap', underLoad, { share: 0.1, bytes: 4 * 1_048_576 }),
  // Frames of 9 MB come and go, and what they took is not given back at once.
  memory('rss', underLoad, { share: 0.25, bytes: 32 * 1_048_576 }),
  ...ledger(rows),
  ...usage('first', toldFirst, rows),
  ...usage('second', toldSecond, rows),
  ...complaints(gateway.errors, gateway.watched()),
  ...handles(before, samples().at(-1)),
];
const code = await gateway.stop();
findings.push({ what: 'exit after SIGTERM', found: String(code), wrong: code !== 0 });
await Promise.all([first.stop(), second.stop()]);

const text = page(counts, findings);
writeFileSync(join(root, 'bench/soak.md'), text);
process.stdout.write(text);
process.exitCode = findings.some(({ wrong }) => wrong) ? 1 : 0;
