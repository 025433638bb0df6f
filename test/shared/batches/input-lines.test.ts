import fc from 'fast-check';
import { type InputLine, inputLines, maxLineBytes } from '../../../shared/batches/input-lines.ts';

async function* cut(bytes: Buffer, at: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const to of [...at.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}
async function all(bytes: Buffer, at: readonly number[] = []): Promise<InputLine[]> {
  const found: InputLine[] = [];
  for await (const line of inputLines(cut(bytes, at))) found.push(line);
  return found;
}

test('wherever it is cut, a file has the same lines, which cover it without a gap', async () => {
  const text = fc.array(fc.constantFrom('a', 'ü', '\n', '\r\n', '{', ' ')).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 8 }), async (file, at) => {
      const bytes = Buffer.from(file);
      const lines = await all(bytes, at);
      const expected = file.split('\n').map((one) => (one.endsWith('\r') ? one.slice(0, -1) : one));
      if (file.endsWith('\n') || file === '') expected.pop();
      expect(lines.map((found) => found.bytes?.toString())).toEqual(expected);
      expect(lines.map(({ line }) => line)).toEqual(expected.map((_, index) => index + 1));
      expect(Buffer.concat(lines.map(({ byteStart, byteEnd }) => bytes.subarray(byteStart, byteEnd)))).toEqual(bytes);
    }),
  );
});

test('a line that is longer than a line may be has no bytes, and the next one has its own', async () => {
  const fits = 'x'.repeat(maxLineBytes);
  const lines = await all(Buffer.from(`${fits}\r\n${fits}y\nz`), [1, maxLineBytes, 2 * maxLineBytes]);
  expect(lines.map(({ bytes }) => bytes?.length ?? null)).toEqual([maxLineBytes, null, 1]);
});
