/** The same events through Lambda's own runtime client and through the local host's stand-in: the same bytes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolvedConfigFile } from '../../infra/build/bundle.ts';
import { installAwsLambdaGlobal } from '../../infra/local/aws-lambda-global.ts';
import { invoke, type LambdaHandler, lambdaContext } from '../../infra/local/invoke.ts';
import type { GatewayEvent } from '../../shared/http/event.ts';
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  refusal,
  type Script,
  spoken,
  stream,
  usage,
} from '../support/scripted-provider.ts';
import type { Check } from './checks.ts';
import type { House, Question } from './house.ts';
import { busyModels } from './questions.ts';

type Outcome = { readonly status: number; readonly headers: Record<string, string>; readonly body: string };

/** The bundle that the runtime client runs, loaded once more under the stand-in. */
async function localHandler({ taskRoot, environment }: House): Promise<LambdaHandler> {
  Object.assign(process.env, environment, {
    SLUICE_RESOLVED_CONFIG: join(taskRoot, resolvedConfigFile),
    // This process has a log of its own, which is the checks' report.
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  installAwsLambdaGlobal();
  const { handler } = await import(pathToFileURL(join(taskRoot, 'index.mjs')).href);
  return handler;
}

async function throughStandIn(handler: LambdaHandler, event: GatewayEvent): Promise<Outcome> {
  const { requestId } = event.requestContext;
  const preludes: Pick<Outcome, 'status' | 'headers'>[] = [];
  const body: Buffer[] = [];
  await invoke({
    handler,
    event,
    context: lambdaContext('chat-completions', requestId, () => Date.now()),
    onPrelude: (status, headers) => preludes.push({ status, headers }),
    sink: {
      write: (bytes) => {
        body.push(Buffer.from(bytes));
        return true;
      },
      onDrain: (resume) => resume(),
      end: () => {},
    },
    onCallerGone: () => {},
  });
  const [prelude, ...more] = preludes;
  assert.ok(prelude && more.length === 0, 'one prelude');
  return { ...prelude, body: Buffer.concat(body).toString('utf8') };
}

async function throughClient({ ask }: House, event: GatewayEvent): Promise<Outcome> {
  const { http } = await ask(event);
  assert.equal(http.failure, null);
  return { status: http.status, headers: { ...http.headers }, body: http.body.toString('utf8') };
}

/** Two runs never take the same time. */
const timeless = ({ status, headers, body }: Outcome) => ({
  status,
  headers: Object.entries(headers).map(([name, value]) => [
    name,
    name.endsWith('-ms') ? value.replace(/\d+/, 'n') : value,
  ]),
  body,
});

const question = { model: 'test-model', messages: [{ role: 'user', content: 'Hello' }] };
const streamed = { ...question, stream: true };
const busy = { ...streamed, model: busyModels[0] };
const busyToo = { ...streamed, model: busyModels[1] };
const wholeStream = spoken(['Hé', 'llo 🚰', ' there']).join('');
/** Cut within characters and frames alike. */
const crumbs = Array.from({ length: Math.ceil(wholeStream.length / 7) }, (_, index) =>
  Buffer.from(wholeStream).subarray(index * 8, index * 8 + 8),
).filter((crumb) => crumb.length > 0);

const cases: readonly (readonly [string, number, Question, Script, Record<string, string>?])[] = [
  ['a stream', 200, streamed, stream(spoken(['Hello', ' there']))],
  ['a stream in crumbs', 200, streamed, stream(crumbs, { pauseMs: 1 })],
  [
    'a stream with the usage asked for',
    200,
    { ...streamed, stream_options: { include_usage: true } },
    stream(spoken(['Hi'])),
  ],
  ['a stream without a [DONE]', 200, streamed, stream(spoken(['Hi']).filter((text) => text !== done))],
  [
    'a stream of several megabytes',
    200,
    streamed,
    stream(spoken(Array.from({ length: 300 }, () => 'y'.repeat(16_000)))),
  ],
  [
    'a stream cut short',
    200,
    streamed,
    stream([frame(chunk({ role: 'assistant', content: 'Hel' }))], { thenCut: true }),
  ],
  ['a stream that ends at once', 502, streamed, stream([])],
  ['a refusal', 400, streamed, refusal(400, { message: 'no', type: 'invalid_request_error', param: 'n', code: 'bad' })],
  ['a provider too busy', 429, busy, refusal(429, { message: 'slow down' }, { 'retry-after': '2' })],
  ['a provider in trouble', 502, streamed, refusal(503, { message: 'down' })],
  ['a whole answer', 200, question, answer(completion('Hello 🚰', usage(10, 5)))],
  ['a whole answer that is no JSON', 502, question, answer('<html>')],
  ['a broken body', 400, '{"model"', stream([])],
  ['a wrong key', 401, question, stream([]), { Authorization: 'Bearer sk-wrong' }],
];

export const differentialChecks: readonly Check[] = [
  [
    `the stand-in answers ${cases.length} events as the runtime client does, byte for byte`,
    async (house) => {
      const handler = await localHandler(house);
      for (const [what, status, body, script, headers] of cases) {
        house.provider.script = script;
        const event = house.event(body, headers);
        const sameOfAnother = body === busy ? { ...event, body: JSON.stringify(busyToo) } : event;
        const here = timeless(await throughStandIn(handler, event));
        const there = timeless(await throughClient(house, sameOfAnother));
        assert.deepEqual(here, there, what);
        assert.equal(here.status, status, what);
      }
    },
  ],
];
