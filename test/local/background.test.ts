/** Responses in the background on one machine: `npm start`, and what is left of it when it is killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { temporaryFolder } from '../support/temporary.ts';

async function newKey({ baseURL, adminKey }: LocalProcess): Promise<string> {
  const admin = new OpenAI({ baseURL, apiKey: 'unused', adminAPIKey: adminKey });
  const { projects } = admin.admin.organization;
  const { id } = await projects.create({ name: 'app' });
  const account = await projects.serviceAccounts.create(id, { name: 'app' });
  return account.api_key?.value ?? '';
}

const question = { model: 'gpt-4o-mini', input: 'What is the capital of France?', background: true };

/** As its users poll it. Longer than a dead worker's lease is never waited for. */
async function ended(client: OpenAI, id: string): Promise<OpenAI.Responses.Response> {
  for (let tries = 0; tries < 400; tries += 1) {
    const response = await client.responses.retrieve(id);
    if (response.status !== 'queued' && response.status !== 'in_progress') return response;
    await sleep(250);
  }
  throw new Error('it has not ended');
}

test('a response in the background outlives the process that has taken it in, and the gateway stops when it is told', async () => {
  const folder = temporaryFolder();
  const first = await startLocal({ SLUICE_DATA: folder });
  let second: LocalProcess | undefined;
  try {
    const apiKey = await newKey(first);
    const client = new OpenAI({ baseURL: first.baseURL, apiKey });
    const { id } = await client.responses.create(question);
    const done = await ended(client, id);
    expect(done).toMatchObject({ id, status: 'completed', background: true });
    expect(done.output_text.length).toBeGreaterThan(0);

    const left = await client.responses.create(question);
    await first.kill();
    second = await startLocal({ SLUICE_DATA: folder });
    const again = new OpenAI({ baseURL: second.baseURL, apiKey });
    expect(await ended(again, left.id)).toMatchObject({ id: left.id, status: 'completed' });
    second.signal('SIGTERM');
    expect(await second.exited).toBe(0);
  } finally {
    await first.kill();
    await second?.kill();
  }
}, 180_000);
