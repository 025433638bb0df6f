/** What a file is called, and what is in it, is in no log, metric or trace, whatever becomes of it (THREATS 11, I6). */
import { rm, writeFile } from 'node:fs/promises';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { toFile } from 'openai';
import type { OperationId } from '../../infra/routes.ts';
import { scene } from '../support/scene.ts';
import { lookedAtClosely, servedDaemon, tracedBy } from '../support/xray-daemon.ts';
import { canaries, environment, expectNone, secretsOf } from './support/canaries.ts';
import { bearer, routeCalled, send } from './support/send.ts';

const more = {
  filename: 'canary-filename-8c11',
  boundary: 'canary-boundary-d7e0',
  field: 'canary-field-1f9a',
} as const;

const daemon = servedDaemon();
const here = scene({
  environment: { ...environment, ...lookedAtClosely },
  override: (root) => tracedBy(daemon(), root),
});

/** All but the tables that hold files' names, and the folder of what is in them. */
async function expectDiscretion(): Promise<void> {
  const { gateway, database } = here();
  await gateway.idle();
  const lines = gateway.logs.filter(({ message }) => message === 'request');
  expect(lines.length).toBeGreaterThan(0);
  for (const { facts } of lines) await daemon().documentOf(String(facts['requestId']));
  const { usage, auditLogs, idempotency, admission } = database.names;
  const tables = [usage, auditLogs, idempotency, admission, database.queueTable];
  const scans = await Promise.all(tables.map((TableName) => database.db.send(new ScanCommand({ TableName }))));
  const told = [gateway.logs, gateway.metrics, gateway.events, daemon().datagrams, scans.map(({ Items }) => Items)];
  expectNone(JSON.stringify(told), [...secretsOf(here()), ...Object.values(more)]);
}

const line = JSON.stringify({ custom_id: canaries.user, body: { messages: [{ content: canaries.prompt }] } });
const file = (text = line) => toFile(Buffer.from(text), `${more.filename}.jsonl`);

test('a file that is created, listed, read and deleted', async () => {
  const { files } = here().tenant.client;
  const { id } = await files.create({ file: await file(), purpose: 'batch' });
  await files.retrieve(id);
  await files.list();
  expect(await (await files.content(id)).text()).toBe(line);
  await files.delete(id);
  await expect(Promise.resolve(files.content(id))).rejects.toMatchObject({ status: 404 });
  await expectDiscretion();
});

test('a file that comes in parts, is completed or cancelled', async () => {
  const { uploads } = here().tenant.client;
  const bytes = Buffer.byteLength(line);
  const about = { bytes, filename: more.filename, mime_type: 'application/jsonl', purpose: 'batch' } as const;
  const upload = await uploads.create(about);
  const part = await uploads.parts.create(upload.id, { data: await file() });
  await uploads.complete(upload.id, { part_ids: [part.id] });
  const other = await uploads.create(about);
  await uploads.parts.create(other.id, { data: await file(line.slice(1)) });
  await expect(Promise.resolve(uploads.complete(other.id, { part_ids: [canaries.path] }))).rejects.toBeDefined();
  await uploads.cancel(other.id);
  await expectDiscretion();
});

const disposition = (field: string, name?: string): string =>
  `Content-Disposition: form-data; name="${field}"${name === undefined ? '' : `; filename="${name}"`}`;
const part = (field: string, text: string, name?: string): string =>
  `--${more.boundary}\r\n${disposition(field, name)}\r\n\r\n${text}\r\n`;
const end = `--${more.boundary}--\r\n`;
const good = part('file', line, more.filename);

const forms: [name: string, body: string, type?: string][] = [
  ['has no purpose', good + end],
  ['has a purpose that there is not', part('purpose', canaries.prompt) + good + end],
  ['has a field that there is not', part(more.field, canaries.prompt) + part('purpose', 'batch') + good + end],
  ['has the field twice', part('purpose', canaries.prompt) + part('purpose', 'batch') + good + end],
  ['has no file', part('purpose', 'batch') + end],
  ['ends early', part('purpose', 'batch') + good.slice(0, -12)],
  ['has headers that are none', `--${more.boundary}\r\n${canaries.header}\r\n\r\n${canaries.prompt}\r\n${end}`],
  ['is no form', line, 'application/json'],
  ['has no boundary', part('purpose', 'batch') + good + end, 'multipart/form-data'],
  ['names a path', part('purpose', 'batch') + part('file', line, `../../${more.filename}\u0000`) + end],
];

test.each(forms)('a form that %s', async (_name, body, type = `multipart/form-data; boundary=${more.boundary}`) => {
  const { gateway, tenant } = here();
  const headers = { ...bearer(tenant.key), 'content-type': type, Cookie: canaries.header };
  const operations: OperationId[] = ['createFile', 'createUpload', 'addUploadPart'];
  for (const operation of operations) {
    const answer = await send(gateway, routeCalled(operation), {
      headers,
      parameters: { upload_id: 'upload_0123456789' },
      body,
    });
    expect(answer.status).toBeLessThan(500);
  }
  await expectDiscretion();
});

test('a bucket that is gone', async () => {
  const { gateway, tenant } = here();
  const folder = gateway.live.env.bodies.folder ?? '';
  await rm(folder, { recursive: true, force: true });
  // A file where a folder should be.
  await writeFile(folder, '');
  const creating = tenant.client.files.create({ file: await file(), purpose: 'batch' });
  await expect(Promise.resolve(creating)).rejects.toMatchObject({ status: 503 });
  await rm(folder);
  await expectDiscretion();
  expect(gateway.logs.some(({ level }) => level === 'error')).toBe(true);
});
