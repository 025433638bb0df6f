/** I3, seen from outside: a gateway that is killed in the midst of a call, started again, closes what it held. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts';
import { temporaryFolder } from '../support/temporary.ts';

const running: LocalProcess[] = [];
let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await scriptedProvider();
});
afterAll(async () => {
  await Promise.all(running.map((process) => process.kill()));
  await provider.stop();
});

type Standing = { readonly spend: { readonly project: { readonly spent: number; readonly reserved: number } } };

test('a killed gateway’s call is closed at its bound by the next one’s sweep, as often as sluice.json says', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'sluice.json');
  writeFileSync(
    config,
    JSON.stringify({
      providers: { scripted: { kind: 'openai', baseURL: provider.baseURL } },
      models: { house: { targets: ['scripted/house'], price: { input: 0, output: 1 }, contextWindow: 8_192 } },
      sweep: { everySeconds: 1, ageSeconds: 1, epochSeconds: 1 },
    }),
  );
  const start = async (): Promise<LocalProcess> => {
    const started = await startLocal({ SLUICE_DATA: join(folder, 'data'), SLUICE_CONFIG: config });
    running.push(started);
    return started;
  };

  const first = await start();
  const admin = new OpenAI({ baseURL: first.baseURL, adminAPIKey: first.adminKey, apiKey: 'unused' });
  const { projects } = admin.admin.organization;
  const project = await projects.create({ name: 'interrupted' });
  const account = await projects.serviceAccounts.create(project.id, { name: 'app' });
  const apiKey = account.api_key?.value ?? '';
  const asked = new Promise<void>((resolve) => {
    provider.script = () => resolve();
  });
  const client = new OpenAI({ baseURL: first.baseURL, apiKey, maxRetries: 0 });
  const call = client.chat.completions
    .create({ model: 'house', messages: [{ role: 'user', content: 'hello' }], max_tokens: 1_000 })
    .catch(() => 'cut');
  await asked;
  first.signal('SIGKILL');
  expect(await call).toBe('cut');

  const second = await start();
  const again = new OpenAI({ baseURL: second.baseURL, apiKey, maxRetries: 0 });
  const spend = async () => ((await again.get('/key')) as Standing).spend.project;
  let seen = await spend();
  for (let tries = 0; tries < 40 && seen.reserved > 0; tries += 1) {
    await sleep(250);
    seen = await spend();
  }
  // 1,000 tokens at a dollar a million: the provider may have charged for all of them.
  expect(seen).toMatchObject({ spent: 0.001, reserved: 0 });
});
