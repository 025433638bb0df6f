/** What is wrong with the input file of a batch is told with its lines, and nothing of it is asked. */
import fc from 'fast-check';
import { maxBatchBytes, maxBatchLines } from '../../shared/batches/batch.ts';
import { filesOf } from '../../shared/file-deps.ts';
import { chatLine, ended, inputFile, jsonl, newBatch } from '../support/batch-scene.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';

const on = scene();

const good = chatLine('good') as Record<string, unknown>;
const body = good['body'] as Record<string, unknown>;
const line = (more: object): string => JSON.stringify({ ...good, custom_id: 'x', ...more });
const without = (name: string): string => JSON.stringify({ ...good, [name]: undefined });

test.each<[string, string | Buffer, string, string | null]>([
  ['no JSON', '{"custom_id":', 'invalid_json_line', null],
  ['no object', '[1]', 'invalid_json_line', null],
  ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'invalid_json_line', null],
  ['a member twice', '{"custom_id":"x","custom_id":"y"}', 'invalid_json_line', null],
  ['too deep', `${'['.repeat(100)}${']'.repeat(100)}`, 'invalid_json_line', null],
  ['no custom_id', without('custom_id'), 'missing_required_parameter', 'custom_id'],
  ['a custom_id that is none', line({ custom_id: 7 }), 'invalid_custom_id', 'custom_id'],
  ['an empty custom_id', line({ custom_id: '' }), 'invalid_custom_id', 'custom_id'],
  ['a custom_id that is too long', line({ custom_id: 'x'.repeat(513) }), 'invalid_custom_id', 'custom_id'],
  ['a custom_id that was there', line({ custom_id: 'good' }), 'duplicate_custom_id', 'custom_id'],
  ['another method', line({ method: 'GET' }), 'invalid_method', 'method'],
  ['another url', line({ url: '/v1/responses' }), 'invalid_url', 'url'],
  ['no body', line({ body: [] }), 'missing_required_parameter', 'body'],
  ['what it does not know', line({ priority: 1 }), 'unknown_parameter', null],
  ['no model', line({ body: { ...body, model: undefined } }), 'missing_required_parameter', 'body.model'],
  ['a model that there is not', line({ body: { ...body, model: 'none' } }), 'model_not_found', 'body.model'],
  ['a model without a price', line({ body: { ...body, model: 'unpriced' } }), 'model_not_priced', 'body.model'],
  ['a stream', line({ body: { ...body, stream: true } }), 'unsupported_parameter', 'body.stream'],
  ['the background', line({ body: { ...body, background: true } }), 'unsupported_parameter', 'body.background'],
  ['more bytes than a body may have', line({ body: { ...body, user: 'x'.repeat(7_000_000) } }), 'line_too_long', null],
])('%s', async (_what, wrong, code, param) => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const file = Buffer.concat([
    Buffer.from(`${JSON.stringify(good)}\n\n`),
    Buffer.from(wrong as string),
    Buffer.from('\n'),
  ]);
  const { id } = await newBatch(gateway, tenant, file);
  const failed = await ended(gateway, tenant.client, id);
  expect(failed).toMatchObject({
    status: 'failed',
    failed_at: expect.any(Number),
    errors: { object: 'list', data: [{ code, param, line: 3, message: expect.stringMatching(/.{10,300}/) }] },
  });
  expect(failed.output_file_id ?? failed.error_file_id).toBeUndefined();
  expect(provider.asked).toEqual([]);
});

test.each([
  ['', 'empty_file'],
  ['\n \r\n\n', 'empty_file'],
  [`\u{feff}${JSON.stringify(good)}`, 'invalid_json_line'],
])('the file %j is %s', async (text, code) => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, text);
  expect((await ended(gateway, tenant.client, id)).errors?.data?.map((error) => error.code)).toEqual([code]);
});

test('a file of more lines than a million is not read to its end, however empty they are', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(
    gateway,
    tenant,
    `${JSON.stringify(good)}${'\n'.repeat(1_000_100)}${JSON.stringify(good)}`,
  );
  expect((await ended(gateway, tenant.client, id)).errors?.data).toMatchObject([
    { code: 'too_many_lines', line: 1_000_001 },
  ]);
});

test('a model that the project may not use is told before anything is asked', async () => {
  const { gateway, database } = on();
  const tenant = await gateway.tenant();
  await holdTo(database, tenant.projectId, { modelPermissions: { mode: 'deny_list', modelIds: ['test-model'] } });
  const { id } = await newBatch(gateway, tenant, [good]);
  const { errors } = await ended(gateway, tenant.client, id);
  expect(errors?.data).toMatchObject([{ code: 'model_not_allowed', line: 1 }]);
});

test('the first hundred errors are told', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, 'x\n'.repeat(300));
  const { errors } = await ended(gateway, tenant.client, id);
  expect(errors?.data?.map((error) => error.line)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
});

test('a file that says that it has more bytes than a batch may have is not read', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const fileId = await inputFile(gateway, tenant.projectId, jsonl([good]));
  const file = await filesOf(gateway.live).get(tenant.projectId, fileId);
  if (!file) throw new Error('no file');
  await filesOf(gateway.live).create({ ...file, bytes: maxBatchBytes + 1 });
  const { id } = await tenant.client.batches.create({
    input_file_id: fileId,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  expect((await ended(gateway, tenant.client, id)).errors?.data).toMatchObject([
    { code: 'file_too_large', line: null },
  ]);
});

test('50,000 requests are a batch, and one more is too many', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const lines = Array.from({ length: maxBatchLines + 1 }, (_, index) => line({ custom_id: `c${index}` }));
  const { id } = await newBatch(gateway, tenant, Buffer.from(lines.join('\n')));
  const failed = await ended(gateway, tenant.client, id);
  expect(failed.errors?.data).toMatchObject([{ code: 'too_many_lines', line: 50_001 }]);
  // A duplicate at its very end: all that is before was read, and nothing was wrong with how many there are.
  const last = [...lines.slice(0, maxBatchLines - 1), line({ custom_id: 'c0' })];
  const full = await newBatch(gateway, tenant, Buffer.from(last.join('\n')));
  expect((await ended(gateway, tenant.client, full.id)).errors?.data).toMatchObject([
    { code: 'duplicate_custom_id', line: 50_000 },
  ]);
}, 60_000);

test('more than 50,000 inputs to embed are too many, in however few lines', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const input = Array.from({ length: 9_000 }, () => 'x');
  const lines = Array.from({ length: 6 }, (_, i) => ({
    custom_id: `e${i}`,
    method: 'POST',
    url: '/v1/embeddings',
    body: { model: 'test-model', input },
  }));
  const { id } = await newBatch(gateway, tenant, lines, { endpoint: '/v1/embeddings' });
  expect((await ended(gateway, tenant.client, id)).errors?.data).toMatchObject([{ code: 'too_many_inputs', line: 6 }]);
});

test('random bytes are told of, and fail no worker', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const { id } = await newBatch(gateway, tenant, bytes);
      expect((await ended(gateway, tenant.client, id)).status).toBe('failed');
    }),
    { numRuns: 10 },
  );
  expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});
