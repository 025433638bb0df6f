/** THREATS 12: a secret that is cut anywhere, in text and in tool arguments, is still caught on its way through the whole gateway. */
import { setImmediate as immediate } from 'node:timers/promises';
import { baseURL } from '../support/gateway.ts';
import { canarySecret, moderated, tenantWith, unsafeWord } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { chunk, done, frame, type Script, spoken } from '../support/scripted-provider.ts';

const given = scene();

/** Each piece in a write of its own. */
const inPieces =
  (pieces: readonly Uint8Array[]): Script =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      response.write(piece);
      await immediate();
    }
    response.end();
  };

async function received(key: string): Promise<string> {
  const response = await given().gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content: 'Which key?' }], stream: true }),
  });
  return response.text();
}

/** What the deltas say, put together. */
function said(stream: string): string {
  type Delta = { content?: string; tool_calls?: { function?: { arguments?: string } }[] };
  const deltas = stream
    .split('\n\n')
    .filter((one) => one.startsWith('data: {'))
    .map((one) => (JSON.parse(one.slice(6)) as { choices: { delta: Delta }[] }).choices[0]?.delta ?? {});
  return deltas
    .map(({ content, tool_calls }) => `${content ?? ''}${tool_calls?.[0]?.function?.arguments ?? ''}`)
    .join('');
}

const toolCall = (text: string, first = false) =>
  chunk({
    tool_calls: [
      {
        index: 0,
        ...(first && { id: 'call_1', type: 'function' }),
        function: { ...(first && { name: 'note' }), arguments: text },
      },
    ],
  });
const text = `Schlüssel 🔑: ${canarySecret} 🔒, sagte sie.`;
const asArguments = JSON.stringify({ key: canarySecret, note: '🔑' });

const streams: Readonly<Record<string, string>> = {
  text: spoken([text]).join(''),
  'text, a character each': spoken([...text]).join(''),
  'text, in halves of characters': [...text]
    .flatMap((character) => character.split(''))
    .map(
      (unit) =>
        `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":${JSON.stringify(unit)}},"finish_reason":null}]}\n\n`,
    )
    .concat(frame(chunk({}, 'stop')), done)
    .join(''),
  arguments: [frame(toolCall(asArguments, true)), frame(chunk({}, 'tool_calls')), done].join(''),
  'arguments, a character each': [
    frame(toolCall('', true)),
    ...[...asArguments].map((character) => frame(toolCall(character))),
    frame(chunk({}, 'tool_calls')),
    done,
  ].join(''),
};

test.each(Object.keys(streams))('%s: whole, and a byte at a time', async (name) => {
  const bytes = Buffer.from(streams[name] ?? '');
  const { key } = await tenantWith(given().gateway, { redaction: { output: ['secrets'] } });
  const single = [...bytes].map((byte) => Uint8Array.of(byte));
  for (const pieces of bytes.length < 3_000 ? [[bytes], single] : [[bytes]]) {
    given().provider.script = inPieces(pieces);
    const stream = await received(key);
    expect(stream).toContain('data: [DONE]');
    expect(stream).not.toContain(canarySecret.slice(8, 20));
    expect(said(stream)).not.toContain(canarySecret.slice(8, 20));
    expect(said(stream)).toMatch(/\[S\w*_?1\]/);
    expect(said(stream)).toContain('🔑');
  }
});

test('text: cut in two at every byte', async () => {
  const bytes = Buffer.from(streams['text'] ?? '');
  const { key } = await tenantWith(given().gateway, { redaction: { output: ['secrets'] } });
  const whole = text.replace(canarySecret, '[SECRET_1]');
  for (let cut = 1; cut < bytes.length; cut += 3) {
    given().provider.script = inPieces([bytes.subarray(0, cut), bytes.subarray(cut)]);
    expect(said(await received(key))).toBe(whole);
  }
});

test('what moderation refuses is not begun, wherever the provider cuts it', async () => {
  const { key } = await tenantWith(given().gateway, { moderation: { output: 'block' } });
  const words = `All is well. Then came ${unsafeWord}, and more of it. The end.`;
  for (let size = 1; size < 24; size += 4) {
    const pieces = words.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
    given().provider.script = moderated(inPieces(spoken(pieces).map((one) => Buffer.from(one))));
    const stream = await received(key);
    expect(said(stream)).toMatch(/^(All is well\. ?)?$/);
    expect(stream).toContain('"finish_reason":"content_filter"');
    expect(stream.endsWith(done)).toBe(true);
  }
});
