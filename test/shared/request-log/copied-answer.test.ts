/** The copy of an answer, which holds nothing up and is bounded. */
import { copying } from '../../../shared/request-log/copied-answer.ts';

const headers = { 'content-type': 'text/event-stream' };

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const bytesOf = async (body: unknown): Promise<string> => {
  const read: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) read.push(chunk);
  return Buffer.concat(read).toString();
};

test('a whole answer is handed on as it is', () => {
  const response = { status: 200, headers, body: '{"a":1}' };
  const { response: handed, copy } = copying(response);
  expect(handed).toBe(response);
  expect(copy()).toEqual({ bytes: Buffer.from('{"a":1}'), isStream: false, isCut: false });
});

test('a stream is handed on whole, and copied up to the bound', async () => {
  const { response, copy } = copying({ status: 200, headers, body: pieces('abc', 'def', 'ghi') }, 5);
  expect(await bytesOf(response.body)).toBe('abcdefghi');
  expect(copy()).toEqual({ bytes: Buffer.from('abcde'), isStream: true, isCut: true });
});

test('a stream that is as long as the bound is not cut', async () => {
  const { response, copy } = copying({ status: 200, headers, body: pieces('abc', 'de') }, 5);
  await bytesOf(response.body);
  expect(copy()).toMatchObject({ bytes: Buffer.from('abcde'), isCut: false });
});

test('a chunk is asked for only when the one before has been taken', async () => {
  const asked: number[] = [];
  async function* counted(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 3; index++) {
      asked.push(index);
      yield Buffer.from('x');
    }
  }
  const { response } = copying({ status: 200, headers, body: counted() });
  const chunks = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  expect(asked).toEqual([]);
  await chunks.next();
  expect(asked).toEqual([0]);
});

test('the copy keeps no large piece of memory for a small chunk', async () => {
  const large = Buffer.alloc(1024 * 1024, 'a');
  async function* small(): AsyncGenerator<Uint8Array> {
    yield large.subarray(0, 3);
  }
  const { response, copy } = copying({ status: 200, headers, body: small() });
  await bytesOf(response.body);
  large.fill('b');
  expect(copy().bytes.toString()).toBe('aaa');
});

test('what a stream fails with is handed on', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('abc');
    throw new Error('broken');
  }
  const { response, copy } = copying({ status: 200, headers, body: failing() });
  await expect(bytesOf(response.body)).rejects.toThrow('broken');
  expect(copy().bytes.toString()).toBe('abc');
});
