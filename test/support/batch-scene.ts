/** Batches as their users make them, and the workers as the queue calls them. */
import type OpenAI from 'openai';
import { batchesDeps } from '../../shared/batch-deps.ts';
import { filesOf, objectsOf } from '../../shared/file-deps.ts';
import { objectKeyOf } from '../../shared/files/file.ts';
import type { Tenant, TestGateway } from './gateway.ts';

export type OutputLine = {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: unknown } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
};

export const chatLine = (customId: string, content = 'Say hello', more: object = {}): object => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'test-model', messages: [{ role: 'user', content }], ...more },
});

export const jsonl = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** An input file of a project. */
export async function inputFile(
  { live }: Pick<TestGateway, 'live'>,
  projectId: string,
  content: string | Uint8Array,
  purpose: 'batch' | 'batch_output' = 'batch',
): Promise<string> {
  const { newId } = batchesDeps(live);
  const id = newId('file-');
  const objectKey = objectKeyOf(projectId, id);
  const bytes = await objectsOf(live).write(
    objectKey,
    (async function* () {
      yield Buffer.from(content as string);
    })(),
  );
  const createdAt = Math.floor(live.now() / 1000);
  await filesOf(live).create({
    projectId,
    id,
    filename: 'input.jsonl',
    purpose,
    bytes,
    createdAt,
    expiresAt: null,
    objectKey,
  });
  return id;
}

export async function newBatch(
  gateway: TestGateway,
  { client, projectId }: Pick<Tenant, 'client' | 'projectId'>,
  lines: readonly object[] | string | Uint8Array,
  more: Partial<OpenAI.BatchCreateParams> = {},
): Promise<OpenAI.Batch> {
  const content = typeof lines === 'string' || lines instanceof Uint8Array ? lines : jsonl(lines);
  return client.batches.create({
    input_file_id: await inputFile(gateway, projectId, content),
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    ...more,
  });
}

export async function linesOf(
  { live }: Pick<TestGateway, 'live'>,
  projectId: string,
  fileId: string | undefined,
): Promise<OutputLine[]> {
  if (fileId === undefined) return [];
  const file = await filesOf(live).get(projectId, fileId);
  if (!file) throw new Error('no such file');
  const pieces: Uint8Array[] = [];
  for await (const piece of objectsOf(live).read(file.objectKey)) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  if (Buffer.byteLength(text) !== file.bytes || !text.endsWith('\n')) throw new Error('not the file that is told of');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Both of its files, by the custom ids in them. */
export async function filesOfBatch(gateway: TestGateway, projectId: string, batch: OpenAI.Batch) {
  const output = await linesOf(gateway, projectId, batch.output_file_id);
  const errors = await linesOf(gateway, projectId, batch.error_file_id);
  return { output, errors, all: [...output, ...errors].map(({ custom_id }) => custom_id) };
}

const terminal = ['completed', 'failed', 'expired', 'cancelled'];

/** Until it has ended: the clock is moved to when messages are visible. */
export async function ended(gateway: TestGateway, client: OpenAI, id: string): Promise<OpenAI.Batch> {
  for (let times = 0; times < 300; times += 1) {
    const batch = await client.batches.retrieve(id);
    if (terminal.includes(batch.status)) return batch;
    if ((await gateway.runQueue('batches')) === 0) gateway.clock.nowMs += 1_000;
  }
  throw new Error('it does not end');
}
