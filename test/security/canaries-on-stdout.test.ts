/** The same search, over what the real logger and the real metrics write to standard output, decisions included, and over what X-Ray is told (THREATS 11, I6). */
import { powertoolsDebugLog, powertoolsLog } from '../../shared/observability/log.ts';
import { powertoolsMetrics } from '../../shared/observability/metrics.ts';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { expectGood, lookedAtClosely, servedDaemon, tracedBy } from '../support/xray-daemon.ts';
import { canaries, environment, expectNone, impatient, secretsOf } from './support/canaries.ts';
import { askWithCanaries, mistakes, providerFailures, streamFailures, succeeding } from './support/failures.ts';
import { bearer, everyRoute, routeCalled, send } from './support/send.ts';

const { POWERTOOLS_LOG_LEVEL: usualLevel, POWERTOOLS_METRICS_DISABLED: usuallyDisabled } = process.env;
process.env['POWERTOOLS_LOG_LEVEL'] = 'DEBUG';
process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';

const written: string[] = [];
const streams = [process.stdout, process.stderr];
const originals = streams.map((output) => output.write);

beforeAll(() => {
  for (const output of streams) {
    output.write = (chunk: string | Uint8Array) => {
      written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      return true;
    };
  }
});
afterAll(() => {
  for (const [index, output] of streams.entries()) {
    const original = originals[index];
    if (original) output.write = original;
  }
  process.env['POWERTOOLS_LOG_LEVEL'] = usualLevel;
  process.env['POWERTOOLS_METRICS_DISABLED'] = usuallyDisabled;
});

// After the capture, so that not even its own lines come out.
const daemon = servedDaemon();
const here = scene(
  {
    environment: { ...environment, ...lookedAtClosely },
    override: (root) => ({
      ...tracedBy(daemon(), root),
      log: powertoolsLog(),
      logDebug: powertoolsDebugLog(),
      emitMetrics: powertoolsMetrics(0),
    }),
  },
  impatient,
);

test('no canary is written in any branch that succeeds or fails', async () => {
  const { gateway, tenant } = here();
  for (const [, script] of providerFailures) {
    await askWithCanaries(here(), script, false);
    await askWithCanaries(here(), script, true);
  }
  for (const [, script] of streamFailures) await askWithCanaries(here(), script, true);
  for (const [name, script] of succeeding) await askWithCanaries(here(), script, name.startsWith('streams'));
  for (const [, body, headers = {}] of mistakes()) {
    await send(gateway, routeCalled('createChatCompletion'), { headers: { ...bearer(tenant.key), ...headers }, body });
  }
  for (const route of everyRoute) {
    for (const key of [tenant.key, adminKey, `${tenant.key}0`]) {
      const parameters = { project_id: canaries.path, model: canaries.model };
      const body = JSON.stringify({ [canaries.member]: canaries.prompt });
      await send(gateway, route, { headers: { ...bearer(key), Cookie: canaries.header }, parameters, body });
    }
  }
  await gateway.idle();

  const lines = written.join('').split('\n').filter(Boolean);
  const parsed = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const levels = new Set(parsed.map((line) => line['level']));
  expect(levels).toEqual(new Set(['DEBUG', 'INFO', 'WARN', 'ERROR', undefined]));
  expect(parsed.filter((line) => line['message'] === 'request').length).toBeGreaterThan(100);
  expect(parsed.filter((line) => line['message'] === 'request failed').length).toBeGreaterThan(20);
  expect(parsed.filter((line) => '_aws' in line).length).toBeGreaterThan(100);
  expectNone(lines.join('\n'), secretsOf(here()));

  // Datagrams are read a moment after they are sent, and a few may be lost where many come at once.
  await daemon().quiet();
  const { documents, datagrams } = daemon();
  expect(documents.length).toBeGreaterThan(100);
  for (const document of documents) expectGood(document);
  expectNone(datagrams.join('\n'), secretsOf(here()));
});
