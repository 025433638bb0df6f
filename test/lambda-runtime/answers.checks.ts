/** The deployed chat function on Lambda's own runtime client: what leaves it, and when. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { answer, completion, done, type Script, spoken, stream, usage } from '../support/scripted-provider.ts';
import type { Check } from './checks.ts';
import { errorIn, question, streamedQuestion, word } from './questions.ts';
import { integrationResponse } from './read-answer.ts';
import type { Piece } from './runtime-api.ts';

const arrivalOf = (pieces: readonly Piece[], text: string): number => {
  let seen = '';
  for (const { bytes, atMs } of pieces) {
    seen += bytes.toString('utf8');
    if (seen.includes(text)) return atMs;
  }
  return assert.fail(`${text} never arrived`);
};

/** Writes the frames with pauses, and notes when. */
const timed =
  (frames: readonly string[], pauseMs: number, sentAtMs: number[]): Script =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const text of frames) {
      sentAtMs.push(performance.now());
      response.write(text);
      await sleep(pauseMs);
    }
    response.end();
  };

export const answerChecks: readonly Check[] = [
  [
    'the prelude comes first and once, and says what the function chose',
    async ({ provider, event, ask }) => {
      provider.script = stream(spoken([word, ' two', ' three'], usage(10, 3)), { pauseMs: 5 });
      const { answer: raw, http } = await ask(event(streamedQuestion));

      assert.equal(raw.headers['content-type'], integrationResponse);
      assert.equal(raw.headers['lambda-runtime-function-response-mode'], 'streaming');
      assert.equal(raw.headers['transfer-encoding'], 'chunked');
      const bytes = Buffer.concat(raw.pieces.map((piece) => piece.bytes));
      assert.equal(bytes[0], 0x7b, 'nothing is in front of the JSON');
      const prelude = { statusCode: http.status, headers: http.headers };
      const expected = Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8), http.body]);
      assert.deepEqual(bytes, expected);
      assert.ok(!http.body.includes(0), 'and nothing like it follows');

      assert.equal(http.status, 200);
      assert.equal(http.headers['content-type'], 'text/event-stream; charset=utf-8');
      assert.equal(http.headers['cache-control'], 'no-cache');
      assert.ok(http.headers['x-request-id']);
      const text = http.body.toString('utf8');
      assert.ok(text.includes(word));
      assert.equal(text.split(done).length, 2);
      assert.ok(text.endsWith(done));
      assert.ok(!text.includes('"choices":[]'), 'the usage that nobody asked for stays here');
      assert.equal(http.failure, null);
    },
  ],
  [
    'every chunk leaves before the provider sends the next',
    async ({ provider, event, ask }) => {
      const words = ['one', 'two', 'three', 'four', 'five'];
      const frames = spoken(words);
      const sentAtMs: number[] = [];
      provider.script = timed(frames, 150, sentAtMs);
      const { http } = await ask(event(streamedQuestion));
      for (const [index, text] of words.entries()) {
        // The first frame is the one with the role.
        const nextSentAtMs = sentAtMs[index + 2] ?? 0;
        assert.ok(arrivalOf(http.pieces, `"${text}"`) < nextSentAtMs, `${text} was held back`);
      }
    },
  ],
  [
    'I7: nothing leaves before the provider’s first chunk, whatever it sends ahead of it',
    async ({ provider, event, ask }) => {
      const sentAtMs: number[] = [];
      provider.script = timed([': patience\n\n', ...spoken(['late'])], 200, sentAtMs);
      const { answer: raw } = await ask(event(streamedQuestion));
      assert.ok((raw.pieces[0]?.atMs ?? 0) >= (sentAtMs[1] ?? Number.POSITIVE_INFINITY));
    },
  ],
  [
    'a whole answer takes the same path, unharmed',
    async ({ provider, event, ask, rows }) => {
      const whole = completion(`${word} é🚰`, usage(10, 5));
      provider.script = answer(whole);
      const asked = event(question);
      const { http } = await ask(asked);
      assert.equal(http.status, 200);
      assert.equal(http.headers['content-type'], 'application/json');
      assert.deepEqual(JSON.parse(http.body.toString('utf8')).choices, whole.choices);
      assert.equal(http.failure, null);
      const [row] = await rows(asked);
      assert.ok(row?.state === 'settled' && row.outcome === 'succeeded' && row.outputTokens === 5);
    },
  ],
  ...(
    [
      ['malformed JSON', '{"model":', undefined, 400, null],
      ['an unknown model', { ...question, model: 'nobody' }, undefined, 404, 'model_not_found'],
      ['no key', question, {}, 401, 'invalid_api_key'],
    ] as const
  ).map(
    ([what, body, headers, status, code]): Check => [
      `${what} is a ${status} through the stream, too`,
      async ({ event, ask }) => {
        const { http } = await ask(event(body, headers));
        assert.equal(http.status, status);
        const error = errorIn(http.body.toString('utf8'));
        assert.equal(error['code'], code);
      },
    ],
  ),
];
