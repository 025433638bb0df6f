/** Every branch that can end in an error, as something to do to a gateway. */
import { gzipSync } from 'node:zlib';
import type { Scene } from '../../support/scene.ts';
import {
  answer,
  chunk,
  completion,
  frame,
  refusal,
  type Script,
  spoken,
  stream,
} from '../../support/scripted-provider.ts';
import { canaries, indiscreet, toldProvider } from './canaries.ts';
import { type Answer, bearer, routeCalled, send } from './send.ts';

const chat = routeCalled('createChatCompletion');
const embeddings = routeCalled('createEmbedding');
const moderations = routeCalled('createModeration');

/** What a provider can do wrong, and the status that the caller sees. */
export const providerFailures: [name: string, script: Script, status: number][] = [
  ...([400, 404, 413, 422] as const).map((status): [string, Script, number] => [
    `refuses with ${status}`,
    refusal(status, { message: indiscreet, type: 'invalid_request_error', param: 'messages', code: 'odd' }),
    status,
  ]),
  ...([401, 402, 403, 409, 418, 500, 502, 503, 529] as const).map((status): [string, Script, number] => [
    `fails with ${status}`,
    refusal(status, { message: indiscreet, type: indiscreet, param: indiscreet, code: indiscreet }),
    502,
  ]),
  ['limits the rate', refusal(429, { message: indiscreet }, { 'retry-after': '2' }), 429],
  ['is out of money', refusal(429, { message: indiscreet, code: 'insufficient_quota' }), 502],
  ['fails with a page', answer(`<html>${indiscreet}</html>`, 500), 502],
  ['fails with an empty body', answer('', 500), 502],
  ['redirects', answer(indiscreet, 307, { location: `/v1/${canaries.provider}` }), 502],
  ['answers with garbage', answer(indiscreet), 502],
  ['answers with nothing', answer(''), 502],
  ['answers with an error and a 200', answer({ error: { message: indiscreet } }), 502],
  ['hangs up', (response) => void response.destroy(), 502],
  ['never answers', () => {}, 504],
];

const first = frame(chunk({ role: 'assistant', content: canaries.answer }));

/** What can go wrong with a stream that has begun; the status is out by then. */
export const streamFailures: [name: string, script: Script][] = [
  ['is cut', stream([first], { thenCut: true })],
  ['is cut within a frame', stream([first, first.slice(0, -20)], { thenCut: true })],
  ['ends without an end', stream([first])],
  ['breaks off with an error', stream([first, frame({ error: { message: indiscreet } }), first], { pauseMs: 20 })],
  ['turns into garbage', stream([first, `data: {"error": {"${canaries.answer}\n\n`, indiscreet], { pauseMs: 20 })],
];

export const succeeding: [name: string, script: Script][] = [
  ['answers', answer(completion(canaries.answer))],
  ['answers without usage', answer(completion(canaries.answer, undefined))],
  ['streams', stream(spoken([canaries.answer, canaries.toolArguments]))],
  ['streams without usage', stream(spoken([canaries.answer], null))],
];

/** Calls of all kinds, with canaries in all that a caller can send. */
export function askWithCanaries(scene: Scene, script: Script, streamed: boolean): Promise<Answer[]> {
  scene.provider.script = script;
  const headers = {
    ...bearer(scene.tenant.key),
    Cookie: canaries.header,
    'X-Client-Request-Id': `${canaries.header} is no name`,
  };
  const ask = (route: typeof chat, body: object) =>
    send(scene.gateway, route, { headers, body: JSON.stringify(body), query: `q=${canaries.header}` });
  return Promise.all([
    ask(chat, { ...toldProvider, stream: streamed }),
    ...(streamed
      ? []
      : [
          ask(embeddings, { model: 'test-model', input: canaries.prompt, user: canaries.user }),
          ask(moderations, { model: 'test-model', input: [canaries.prompt] }),
        ]),
  ]);
}

/** What a caller can do wrong with a good key, canaries in hand. */
export function mistakes(): [name: string, body: string | Buffer, headers?: Record<string, string>][] {
  const { prompt, member, model } = canaries;
  const json = JSON.stringify(toldProvider);
  return [
    ['malformed JSON', `${json.slice(0, -2)} ${prompt}`],
    ['JSON that ends early', json.slice(0, -10)],
    ['a member twice', `{"${member}": "${prompt}", "${member}": 1}`],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(json), Buffer.from([0xff])])],
    ['a compressed body', gzipSync(json), { 'Content-Encoding': `gzip, ${canaries.header}` }],
    ['too large a body', JSON.stringify({ ...toldProvider, padding: prompt.repeat(500_000) })],
    ['a wrong type', JSON.stringify({ ...toldProvider, messages: prompt })],
    ['a wrong value', JSON.stringify({ ...toldProvider, n: prompt })],
    ['a wrong role', JSON.stringify({ ...toldProvider, messages: [{ role: [prompt], content: prompt }] })],
    ['an unknown model', JSON.stringify({ ...toldProvider, model })],
    ['an impossible model', JSON.stringify({ ...toldProvider, model: `${model}\r\n${prompt}` })],
    ['an unpriced model', JSON.stringify({ ...toldProvider, model: 'unpriced' })],
  ];
}
