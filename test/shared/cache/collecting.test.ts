import { collecting } from '../../../shared/cache/collecting.ts';

async function* from(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}
const heard = () => {
  const ends: (string | null)[] = [];
  return { ends, ended: (stream: Buffer | null) => void ends.push(stream?.toString() ?? null) };
};

test('every chunk goes on as it is, and at the end all of it is there', async () => {
  const { ends, ended } = heard();
  const seen: string[] = [];
  for await (const chunk of collecting(from('a', 'bc', 'd'), ended)) {
    expect(ends).toEqual([]);
    seen.push(Buffer.from(chunk).toString());
  }
  expect([seen, ends]).toEqual([['a', 'bc', 'd'], ['abcd']]);
});

test.each([
  [3, 'abc'],
  [2, null],
])('of more than the bound nothing is kept: %d bytes', async (maxBytes, expected) => {
  const { ends, ended } = heard();
  for await (const _ of collecting(from('a', 'bc'), ended, maxBytes));
  expect(ends).toEqual([expected]);
});

test('who leaves early leaves nothing, and the provider is let go', async () => {
  const { ends, ended } = heard();
  let letGo = false;
  async function* provider() {
    try {
      yield* from('a', 'b');
    } finally {
      letGo = true;
    }
  }
  for await (const _ of collecting(provider(), ended)) break;
  expect([ends, letGo]).toEqual([[null], true]);
});

test('what breaks leaves nothing', async () => {
  const { ends, ended } = heard();
  async function* provider() {
    yield* from('a');
    throw new Error('broke');
  }
  const read = async () => {
    for await (const _ of collecting(provider(), ended));
  };
  await expect(read()).rejects.toThrow('broke');
  expect(ends).toEqual([null]);
});
