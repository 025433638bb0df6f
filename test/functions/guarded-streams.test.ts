/** THREATS 12: a secret that is cut anywhere, in text and in tool arguments, is still caught on its way through the whole gateway. */
import { setImmediate as immediate } from 'node:timers/promises';
import { dataIn } from '../shared/safety/streamed.ts';
import { baseURL } from '../support/gateway.ts';
import { canarySecret, moderated, tenantWith, unsafeWord } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { chunk, done, frame, type Script, spoken, stream } from '../support/scripted-provider.ts';
import {
  begun,
  calledEvents,
  completed,
  eventFrames,
  functionCall,
  respondedEvents,
  responseUsage,
} from '../support/scripted-responses.ts';

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

async function received(key: string, path = '/chat/completions'): Promise<string> {
  const asked =
    path === '/responses' ? { input: 'Which key?' } : { messages: [{ role: 'user', content: 'Which key?' }] };
  const response = await given().gateway.fetch(`${baseURL}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test-model', ...asked, stream: true }),
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

describe('responses, whose events say a text again when it ends', () => {
  const used = responseUsage(10, 5);
  const responses: Readonly<Record<string, readonly string[]>> = {
    text: respondedEvents([text], used),
    'text, a character each': respondedEvents([...text], used),
    'text, in halves of characters': respondedEvents(
      [...text].flatMap((character) => character.split('')),
      used,
    ),
    arguments: eventFrames([
      ...begun,
      ...calledEvents('note', [asArguments]),
      completed([functionCall('note', asArguments)], used),
    ]),
    'arguments, a character each': eventFrames([
      ...begun,
      ...calledEvents('note', [...asArguments]),
      completed([functionCall('note', asArguments)], used),
    ]),
  };

  /** What the deltas say, put together. */
  const saidInDeltas = (stream: string): string =>
    dataIn(stream)
      .map(({ delta }) => (typeof delta === 'string' ? delta : ''))
      .join('');

  const withoutSecret = (stream: string) => {
    expect(stream).not.toContain(canarySecret.slice(8, 20));
    expect(saidInDeltas(stream)).not.toContain(canarySecret.slice(8, 20));
    expect(saidInDeltas(stream)).toMatch(/\[S\w*_?1\]/);
    expect(saidInDeltas(stream)).toContain('🔑');
    // No event is lost or out of its place.
    const numbers = dataIn(stream).map(({ sequence_number }) => sequence_number);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(dataIn(stream).at(-1)).toMatchObject({ type: 'response.completed', response: { usage: used } });
  };

  test.each(Object.keys(responses))('%s: whole, at every event, and a byte at a time', async (name) => {
    const frames = responses[name] ?? [];
    const { key } = await tenantWith(given().gateway, { redaction: { output: ['secrets'] } });
    const bytes = Buffer.from(frames.join(''));
    const single = bytes.length < 8_000 ? [[...bytes].map((byte) => Uint8Array.of(byte))] : [];
    for (const pieces of [[bytes], frames.map((frame) => Buffer.from(frame)), ...single]) {
      given().provider.script = inPieces(pieces);
      withoutSecret(await received(key, '/responses'));
    }
  });

  test('text: cut in two at every delta', async () => {
    const { key } = await tenantWith(given().gateway, { redaction: { output: ['secrets'] } });
    const characters = [...text];
    for (let cut = 1; cut < characters.length; cut++) {
      given().provider.script = stream(
        respondedEvents([characters.slice(0, cut).join(''), characters.slice(cut).join('')], used),
      );
      withoutSecret(await received(key, '/responses'));
    }
  });

  test('what moderation refuses is not begun, wherever the provider cuts it, and its end says so', async () => {
    const { key } = await tenantWith(given().gateway, { moderation: { output: 'block' } });
    const words = `All is well. Then came ${unsafeWord}, and more of it. The end.`;
    for (let size = 1; size < 24; size += 4) {
      const pieces = words.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
      given().provider.script = moderated(inPieces(respondedEvents(pieces).map((one) => Buffer.from(one))));
      const stream = await received(key, '/responses');
      expect(saidInDeltas(stream)).toMatch(/^(All is well\. ?)?$/);
      expect(stream).not.toContain(unsafeWord);
      expect(dataIn(stream).at(-1)).toMatchObject({
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      });
    }
  });

  test('a provider that fails in the midst of a guarded stream fails as it does in another', async () => {
    const { key } = await tenantWith(given().gateway, { redaction: { output: ['secrets'] } });
    given().provider.script = stream(respondedEvents(['All is well. ', 'And']).slice(0, 6), { thenCut: true });
    const events = dataIn(await received(key, '/responses'));
    expect(events.at(-1)).toEqual({
      type: 'error',
      sequence_number: 6,
      code: 'upstream_error',
      message: 'The model provider failed to answer.',
      param: null,
    });
  });
});
