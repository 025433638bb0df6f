/** What a line of a batch says, and what it is answered, is in no log, metric or trace, and no error (THREATS 11, I6). */
import { type AskLine, lineAsker } from '../support/batch-line.ts';
import { scene } from '../support/scene.ts';
import { lookedAtClosely, servedDaemon, tracedBy } from '../support/xray-daemon.ts';
import { canaries, environment, expectNone, impatient, secretsOf, toldProvider } from './support/canaries.ts';
import { providerFailures, succeeding } from './support/failures.ts';

const daemon = servedDaemon();
const here = scene(
  { environment: { ...environment, ...lookedAtClosely }, override: (root) => tracedBy(daemon(), root) },
  impatient,
);
let ask: AskLine;
beforeAll(() => {
  ask = lineAsker(here().gateway, here().database);
});

async function expectDiscretion(requestIds: readonly string[]): Promise<void> {
  const { gateway } = here();
  for (const requestId of requestIds) await daemon().documentOf(requestId);
  expect(gateway.logs.some(({ level }) => level === 'debug')).toBe(true);
  expectNone(JSON.stringify([gateway.logs, gateway.metrics, gateway.events, daemon().datagrams]), secretsOf(here()));
}

const failures = providerFailures.map(([name, script]) => [name, script] as const);
const whole = succeeding.filter(([name]) => !name.startsWith('streams'));

test.each([...failures, ...whole])('a provider that %s leaves no canary behind', async (_name, script) => {
  here().provider.script = script;
  const requestIds = ['batch_req_1', 'batch_req_2', 'batch_req_3'];
  const bodies = [
    ['/v1/chat/completions', { ...toldProvider, metadata: { [canaries.member]: canaries.user } }],
    ['/v1/responses', { model: 'test-model', input: canaries.prompt, instructions: canaries.prompt, store: false }],
    ['/v1/embeddings', { model: 'test-model', input: canaries.prompt }],
  ] as const;
  await Promise.all(
    bodies.map(([endpoint, body], index) =>
      ask(here().tenant, endpoint, body, { requestId: requestIds[index] ?? endpoint }),
    ),
  );
  await expectDiscretion(requestIds);
});

test.each([
  ['is no JSON', `{"${canaries.prompt}`],
  ['is of the wrong shape', { model: canaries.model, [canaries.member]: canaries.prompt }],
  ['names a model that there is not', { ...toldProvider, model: canaries.model }],
])('a line that %s leaves no canary behind', async (_name, body) => {
  await ask(here().tenant, '/v1/chat/completions', body, { requestId: 'batch_req_1' });
  await expectDiscretion(['batch_req_1']);
});
