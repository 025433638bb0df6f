/** Batches on one machine: `npm start`, killed in the midst of one, goes on where it was. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { chatLine, jsonl } from '../support/batch-scene.ts';
import { oneProvider } from '../support/gateway.ts';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { type ScriptedProvider, scriptedProvider, wellBehaved } from '../support/scripted-provider.ts';
import { temporaryFolder } from '../support/temporary.ts';

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await scriptedProvider();
});
afterAll(() => provider.stop());

async function newKey({ baseURL, adminKey }: LocalProcess): Promise<string> {
  const { projects } = new OpenAI({ baseURL, apiKey: 'unused', adminAPIKey: adminKey }).admin.organization;
  const { id } = await projects.create({ name: 'app' });
  return (await projects.serviceAccounts.create(id, { name: 'app' })).api_key?.value ?? '';
}

async function until(client: OpenAI, id: string, isReached: (batch: OpenAI.Batch) => boolean): Promise<OpenAI.Batch> {
  for (let tries = 0; tries < 600; tries += 1) {
    const batch = await client.batches.retrieve(id);
    if (isReached(batch)) return batch;
    await sleep(250);
  }
  throw new Error('it does not come so far');
}

test('a batch outlives the process that was at it, and has every line once', async () => {
  const folder = temporaryFolder();
  const SLUICE_CONFIG = join(folder, 'sluice.json');
  // Without limits, which would be what the test waits for.
  writeFileSync(SLUICE_CONFIG, JSON.stringify(oneProvider(provider.baseURL)));
  const environment = { SLUICE_DATA: join(folder, 'data'), SLUICE_CONFIG, TEST_PROVIDER_KEY: 'sk-upstream' };
  const count = 600;
  provider.script = async (response, asked) => {
    await sleep(50);
    await wellBehaved(response, asked);
  };
  const first = await startLocal(environment);
  let second: LocalProcess | undefined;
  try {
    const apiKey = await newKey(first);
    const client = new OpenAI({ baseURL: first.baseURL, apiKey });
    const lines = Array.from({ length: count }, (_, i) => chatLine(`c${i}`));
    const file = await client.files.create({
      file: await toFile(Buffer.from(jsonl(lines)), 'in.jsonl'),
      purpose: 'batch',
    });
    const { id } = await client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    await until(client, id, ({ request_counts }) => (request_counts?.completed ?? 0) > 20);
    await first.kill();

    second = await startLocal(environment);
    const again = new OpenAI({ baseURL: second.baseURL, apiKey });
    const done = await until(again, id, ({ status }) => status === 'completed' || status === 'failed');
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: count, completed: count, failed: 0 } });
    const text = await (await again.files.content(done.output_file_id ?? '')).text();
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).custom_id);
    expect(ids).toEqual(lines.map((_, i) => `c${i}`));
    // Those that were under way when it was killed, and no more, are asked again.
    expect(provider.asked.length).toBeLessThanOrEqual(count + 32);
    second.signal('SIGTERM');
    expect(await second.exited).toBe(0);
  } finally {
    await first.kill();
    await second?.kill();
  }
}, 240_000);
