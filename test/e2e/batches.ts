/** Work in bulk, deployed: files in one piece and in parts, and a batch from its upload to its results. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotFoundError, type OpenAI, toFile } from 'openai';
import { moderated } from '../support/safety-scene.ts';
import { answer, completion, type ScriptedProvider, wellBehaved } from '../support/scripted-provider.ts';
import type { Report } from './report.ts';

const model = 'gpt-4o-mini';

const lineOf = (index: number): string =>
  JSON.stringify({
    custom_id: `line-${index}`,
    method: 'POST',
    url: '/v1/chat/completions',
    // The last one is refused by the gateway itself.
    body: { model, messages: [{ role: 'user', content: `Question ${index}` }], ...(index === 9 && { n: 0 }) },
  });
const input = Array.from({ length: 10 }, (_, index) => lineOf(index)).join('\n');
const ids = Array.from({ length: 10 }, (_, index) => `line-${index}`);

async function untilEnded(app: OpenAI, id: string): Promise<OpenAI.Batch> {
  for (let times = 0; times < 150; times += 1) {
    const batch = await app.batches.retrieve(id);
    if (!['validating', 'in_progress', 'finalizing', 'cancelling'].includes(batch.status)) return batch;
    await sleep(200);
  }
  return assert.fail('the batch is still under way');
}

type Line = {
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly body: Record<string, unknown> };
};

async function linesOf(app: OpenAI, file: string | undefined | null): Promise<Line[]> {
  assert.ok(file);
  const text = await (await app.files.content(file)).text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line): Line => JSON.parse(line));
}

const uploaded = (app: OpenAI, text: string): Promise<OpenAI.FileObject> =>
  toFile(Buffer.from(text), 'input.jsonl').then((file) => app.files.create({ file, purpose: 'batch' }));

const batchOf = (app: OpenAI, input_file_id: string): Promise<OpenAI.Batch> =>
  app.batches.create({ input_file_id, endpoint: '/v1/chat/completions', completion_window: '24h' });

export async function workInBulk(report: Report, app: OpenAI, provider: ScriptedProvider): Promise<void> {
  await report.check('files: create, retrieve, list, content, delete', async () => {
    const { id, bytes } = await uploaded(app, input);
    assert.equal(bytes, Buffer.byteLength(input));
    assert.equal((await app.files.retrieve(id)).filename, 'input.jsonl');
    assert.ok((await app.files.list({ purpose: 'batch' })).data.some((file) => file.id === id));
    assert.equal(await (await app.files.content(id)).text(), input);
    await app.files.delete(id);
    await assert.rejects(app.files.retrieve(id), NotFoundError);
  });
  await report.check('uploads: parts through the gateway and past it, complete, cancel', async () => {
    const bytes = Buffer.from(input);
    const wish = { filename: 'parts.jsonl', mime_type: 'application/jsonl', purpose: 'batch' } as const;
    const upload = await app.uploads.create({ ...wish, bytes: bytes.length });
    const first = await app.uploads.parts.create(upload.id, { data: await toFile(bytes.subarray(0, 700)) });
    const rest = bytes.subarray(700);
    const body = { bytes: rest.length };
    const second = await app.post<{ id: string; upload_url: string }>(`/uploads/${upload.id}/parts`, { body });
    const put = await fetch(second.upload_url, { method: 'PUT', body: new Uint8Array(rest) });
    assert.ok(put.ok, `${put.status} ${await put.text()}`);
    const { file } = await app.uploads.complete(upload.id, { part_ids: [first.id, second.id] });
    assert.equal(await (await app.files.content(file?.id ?? '')).text(), input);
    const other = await app.uploads.create({ ...wish, bytes: 10 });
    assert.equal((await app.uploads.cancel(other.id)).status, 'cancelled');
  });

  provider.script = moderated((response, asked) => {
    const question = /Question \d/.exec(asked.text)?.[0];
    return answer(completion(`Answer to ${question}`))(response, asked);
  });
  const batch = await report.step('Run a batch', async () =>
    untilEnded(app, (await batchOf(app, (await uploaded(app, input)).id)).id),
  );
  await report.check(
    'a batch from its upload to its results: every line once, the good and the bad apart',
    async () => {
      assert.equal(batch.status, 'completed');
      assert.deepEqual(batch.request_counts, { total: 10, completed: 9, failed: 1 });
      const output = await linesOf(app, batch.output_file_id);
      const errors = await linesOf(app, batch.error_file_id);
      assert.deepEqual([...output, ...errors].map(({ custom_id }) => custom_id).sort(), ids);
      for (const { custom_id, response } of output) {
        assert.equal(response.status_code, 200);
        assert.match(JSON.stringify(response.body), new RegExp(`Answer to Question ${custom_id.slice(-1)}`));
      }
      assert.deepEqual(
        errors.map(({ custom_id, response }) => [custom_id, response.status_code]),
        [['line-9', 400]],
      );
    },
  );
  await report.check('a batch that is wrong has failed, and says in which line', async () => {
    const { id } = await uploaded(app, `${lineOf(0)}\nnot JSON\n${lineOf(0)}`);
    const failed = await untilEnded(app, (await batchOf(app, id)).id);
    assert.equal(failed.status, 'failed');
    assert.deepEqual(
      failed.errors?.data?.map(({ line }) => line),
      [2, 3],
    );
  });
  await report.check('batches: list, cancel', async () => {
    const { id } = await batchOf(app, (await uploaded(app, input)).id);
    await app.batches.cancel(id);
    const cancelled = await untilEnded(app, id);
    assert.ok(cancelled.status === 'cancelled' || cancelled.status === 'completed', cancelled.status);
    assert.deepEqual((await app.batches.list({ limit: 2 })).data[0]?.id, id);
  });
  provider.script = wellBehaved;
}
