/** A form comes as text from API Gateway, or in base 64, and is the same. */
import * as z from 'zod/mini';
import type { GatewayEvent } from '../../../shared/http/event.ts';
import { readFormBody } from '../../../shared/middleware/form-body.ts';
import { maxBodyBytes } from '../../../shared/middleware/json-body.ts';

const type = 'multipart/form-data; boundary=X';
const schema = z.strictObject({ file: z.file() });
const formOf = (content: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('--X\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'),
    Buffer.from(content as string),
    Buffer.from('\r\n--X--\r\n'),
  ]);
const event = (body: Buffer, isBase64Encoded: boolean, headers = {}): GatewayEvent =>
  ({ body: body.toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded, headers }) as GatewayEvent;

test.each([true, false])('in base 64: %s', async (isBase64Encoded) => {
  const content = '{"text": "Grüße 🌈"}\r\n{"b": 1}\n';
  const { body, bodyBytes } = await readFormBody(event(formOf(content), isBase64Encoded), type, schema);
  expect(await body.file.text()).toBe(content);
  expect(bodyBytes).toBe(formOf(content).length);
});

test('bytes that are no text are refused, as nobody could tell what API Gateway has made of them', async () => {
  const bytes = formOf(Buffer.from([0xff, 0xfe, 0x00]));
  await expect(readFormBody(event(bytes, true), type, schema)).rejects.toMatchObject({
    why: 'invalid_request',
    message: 'The body is not valid UTF-8.',
  });
});

test('more than a function can be given is refused as such', async () => {
  const bytes = formOf('a'.repeat(maxBodyBytes));
  await expect(readFormBody(event(bytes, false), type, schema)).rejects.toMatchObject({ why: 'request_too_large' });
});

test.each([
  ['no body', event(Buffer.from(''), false)],
  ['a compressed body', event(formOf('a'), false, { 'content-encoding': 'gzip' })],
  ['no form', event(Buffer.from('{}'), false)],
])('%s is a mistake of the caller', async (_name, wrong) => {
  await expect(readFormBody(wrong, type, schema)).rejects.toMatchObject({ why: 'invalid_request' });
});
