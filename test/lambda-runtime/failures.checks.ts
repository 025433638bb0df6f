/** Providers that fail: before the first chunk with a status, after it in band, and never by a throw (I7). */
import assert from 'node:assert/strict';
import { chunk, done, frame, refusal, type Script, spoken, stream } from '../support/scripted-provider.ts';
import type { Check } from './checks.ts';
import type { House } from './house.ts';
import { errorIn, spareProvidersModel, streamedQuestion } from './questions.ts';

const lastFrame = (body: string): string => {
  const frames = body.trimEnd().split('\n\n');
  return frames.at(-1)?.replace(/^data: /, '') ?? '';
};

async function brokenOff({ provider, event, ask, rows, runtime }: House, script: Script): Promise<void> {
  provider.script = script;
  const asked = event(streamedQuestion);
  const { http } = await ask(asked);
  const body = http.body.toString('utf8');

  assert.equal(http.status, 200);
  assert.match(body, /partial/, 'what came before the break has left');
  assert.equal(errorIn(lastFrame(body))['type'], 'server_error');
  assert.ok(!body.includes('[DONE]'));
  assert.ok(!/\bat \S+ \(|node:|\.mjs|\.ts:/.test(body), 'no stack trace');
  assert.equal(http.failure, null, 'no error trailers');
  const [row, ...more] = await rows(asked);
  assert.equal(row?.state === 'settled' && row.outcome, 'cut');
  assert.equal(more.length, 0);
  assert.ok(runtime.running());

  provider.script = stream(spoken(['after']));
  const next = await ask(event(streamedQuestion));
  assert.ok(next.http.body.toString('utf8').endsWith(done), 'the same process serves the next one');
}

const partial = [frame(chunk({ role: 'assistant', content: 'partial' })), frame(chunk({ content: ' answer' }))];

export const failureChecks: readonly Check[] = [
  ...(
    [
      ['an internal error', refusal(500, { message: 'boom' }), 502, 'upstream_error'],
      ['a key of ours refused', refusal(401, { message: 'bad key' }), 502, 'upstream_auth', spareProvidersModel],
      ['an end before the first chunk', stream([]), 502, 'upstream_error'],
      ['an error as the first frame', stream([frame({ error: { message: 'boom' } })]), 502, 'upstream_error'],
      ['a connection cut before the first chunk', stream([], { thenCut: true }), 502, 'upstream_error'],
      ['a refusal of the request', refusal(400, { message: 'no', code: 'bad_thing', param: 'n' }), 400, 'bad_thing'],
    ] as const satisfies readonly (readonly [string, Script, number, string, string?])[]
  ).map(
    ([what, script, status, code, model = streamedQuestion.model]): Check => [
      `I7: ${what} from the provider is a real ${status} in the prelude`,
      async ({ provider, event, ask, rows }) => {
        provider.script = script;
        const asked = event({ ...streamedQuestion, model });
        const { http } = await ask(asked);
        assert.equal(http.status, status);
        assert.equal(http.headers['content-type'], 'application/json');
        const error = errorIn(http.body.toString('utf8'));
        assert.equal(error['code'], code);
        assert.equal(http.failure, null);
        const [row, ...more] = await rows(asked);
        assert.equal(row?.state, 'settled');
        assert.equal(more.length, 0);
      },
    ],
  ),
  [
    'I7: a provider that dies mid-stream is an error in band',
    (house) => brokenOff(house, stream(partial, { thenCut: true })),
  ],
  ['I7: so is one that stops without a finish', (house) => brokenOff(house, stream(partial))],
  [
    'I7: so is one that reports an error mid-stream',
    (house) => brokenOff(house, stream([...partial, frame({ error: { message: 'boom' } })], { pauseMs: 20 })),
  ],
];
