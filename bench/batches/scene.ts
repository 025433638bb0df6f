/** A database, a provider, gateways and a project whose client runs batches on them. */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { startDynoxide } from '../../infra/local/dynoxide.ts';
import type { Config } from '../../shared/config/schema.ts';
import { baseURLOf, startOwn } from '../child.ts';
import { adminKey, type Gateways, startGateways } from './gateways.ts';
import type { Told } from './provider.ts';

export type Scene = {
  readonly client: OpenAI;
  readonly projectId: string;
  readonly gateways: Gateways;
  /** Of the database itself. */
  readonly endpoint: string;
  told(): Promise<Told>;
  stop(): Promise<void>;
};

export type SceneOptions = {
  readonly folder: string;
  readonly gateways: number;
  readonly failingShare?: number;
  /** Where the gateways are to look for the database; absent: where it is. */
  readonly through?: (endpoint: string) => Promise<{ readonly url: string; stop(): Promise<void> }>;
};

const configOf = (baseURL: string): Config => ({
  providers: { scripted: { kind: 'openai', baseURL, apiKeyEnv: 'BATCH_KEY' } },
  models: { bulk: { targets: ['scripted/upstream'], price: { input: 1, output: 1 }, contextWindow: 128_000 } },
  // A provider that fails at random is asked again, and not left alone for half a minute.
  resilience: { circuit: { failures: 1_000_000, failureShare: 1 } },
});

export async function batchScene({ folder, gateways: count, failingShare = 0, through }: SceneOptions): Promise<Scene> {
  mkdirSync(folder, { recursive: true });
  const database = await startDynoxide(null);
  const before = await through?.(database.endpoint);
  const provider = await startOwn('batches/provider.ts', { FAILING_SHARE: String(failingShare) });
  const config = configOf(baseURLOf(provider));
  const gateways = await startGateways({ folder, endpoint: before?.url ?? database.endpoint, config, count });
  const { baseURL } = gateways;
  const admin = new OpenAI({ baseURL, apiKey: adminKey, adminAPIKey: adminKey });
  const { projects } = admin.admin.organization;
  const { id } = await projects.create({ name: 'bulk' });
  await projects.spendLimit.update(id, { currency: 'USD', interval: 'month', threshold_amount: 100_000 });
  const account = await projects.serviceAccounts.create(id, { name: 'bulk' });
  return {
    client: new OpenAI({ baseURL, apiKey: account.api_key?.value ?? '', maxRetries: 5 }),
    projectId: id,
    gateways,
    endpoint: database.endpoint,
    async told() {
      const answer = await fetch(new URL('/told', baseURLOf(provider)));
      return (await answer.json()) as Told;
    },
    async stop() {
      await gateways.stop();
      await provider.stop();
      await before?.stop();
      await database.stop();
    },
  };
}

/** The lines of an input file, which differ in their number only. */
export const inputOf = (lines: number, padding = ''): string =>
  Array.from({ length: lines }, (_, index) =>
    JSON.stringify({
      custom_id: `line-${index}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: 'bulk',
        max_tokens: 20,
        messages: [{ role: 'user', content: `line ${index}${padding}` }],
      },
    }),
  ).join('\n');

export async function begun(client: OpenAI, input: string): Promise<string> {
  const file = await client.files.create({ purpose: 'batch', file: await toFile(Buffer.from(input), 'input.jsonl') });
  const endpoint = '/v1/chat/completions';
  return (await client.batches.create({ input_file_id: file.id, endpoint, completion_window: '24h' })).id;
}

const ends = new Set(['completed', 'failed', 'expired', 'cancelled']);

/** Looks once a second; `onLook` hears of each look. */
export async function ended(
  client: OpenAI,
  id: string,
  onLook: (batch: OpenAI.Batch) => void = () => {},
): Promise<OpenAI.Batch> {
  for (;;) {
    const batch = await client.batches.retrieve(id);
    onLook(batch);
    if (ends.has(batch.status)) return batch;
    await sleep(1_000);
  }
}

export async function linesOf(client: OpenAI, fileId: string | undefined | null): Promise<OutputLine[]> {
  if (!fileId) return [];
  const text = await (await client.files.content(fileId)).text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

export type OutputLine = {
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly body: Record<string, unknown> } | null;
  readonly error: { readonly code: string } | null;
};
