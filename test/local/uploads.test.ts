/** A file that is larger than a request, on one machine: its parts go to addresses of `npm start` itself. */
import OpenAI from 'openai';
import { type LocalProcess, startLocal } from '../support/local-process.ts';

let gateway: LocalProcess;
beforeAll(async () => {
  gateway = await startLocal({ SLUICE_DATA: 'memory' });
}, 60_000);
afterAll(() => gateway.kill());

test('it goes up part by part, and comes down as one', async () => {
  const admin = new OpenAI({ baseURL: gateway.baseURL, apiKey: 'unused', adminAPIKey: gateway.adminKey });
  const { projects } = admin.admin.organization;
  const project = await projects.create({ name: 'uploads' });
  const account = await projects.serviceAccounts.create(project.id, { name: 'app' });
  const client = new OpenAI({ baseURL: gateway.baseURL, apiKey: account.api_key?.value ?? '' });

  const line = `${JSON.stringify({ custom_id: 'ä', body: 'x'.repeat(1_000) })}\n`;
  const bytes = Buffer.from(line.repeat(12_000));
  const half = Math.floor(bytes.length / 2);
  const upload = await client.uploads.create({
    bytes: bytes.length,
    filename: 'requests.jsonl',
    mime_type: 'application/jsonl',
    purpose: 'batch',
  });
  const partIds: string[] = [];
  for (const chunk of [bytes.subarray(0, half), bytes.subarray(half)]) {
    const part = await client.post<OpenAI.Uploads.UploadPart & { upload_url: string }>(`/uploads/${upload.id}/parts`, {
      body: { bytes: chunk.length },
    });
    expect(new URL(part.upload_url).origin).toBe(new URL(gateway.baseURL).origin);
    expect((await fetch(part.upload_url, { method: 'PUT', body: new Uint8Array(chunk) })).status).toBe(200);
    partIds.push(part.id);
  }
  const { file } = await client.uploads.complete(upload.id, { part_ids: partIds });
  const content = await client.files.content(file?.id ?? '');
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
}, 60_000);
