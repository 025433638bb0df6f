/**
 * Every way in which a provider is known to misbehave, by name, and some in which
 * it may look as if it did. Each is a script for scripted-provider.ts; as a process
 * of its own they are all served by misbehaving-provider.ts.
 */
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
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
  usageChunk,
  wellBehaved,
} from './scripted-provider.ts';

/**
 * What must come of it where it is the only provider and nothing is tried again.
 *
 * - `answered`: the caller has a whole and proper answer
 * - `refused`: the caller's own fault, in the provider's words
 * - `rate limited`, `credential refused`, `failed`: no answer, and another provider may be asked
 * - `silent`: the same, once a timeout has passed
 * - `cut`: the answer had begun, and breaks off
 * - `silent midway`: the same, once a timeout has passed
 */
export type Ending =
  | 'answered'
  | 'refused'
  | 'rate limited'
  | 'credential refused'
  | 'failed'
  | 'silent'
  | 'cut'
  | 'silent midway';

export type Manner = {
  /** What it says of its tokens, where it says anything. */
  readonly used: object;
  /** Between two pieces of what it does piece by piece. */
  readonly pauseMs: number;
  /** By which it tells dates; those who ask it have to have the same. Absent: the machine's. */
  readonly now?: () => number;
};

export type Misbehaviour = {
  readonly calls: 'whole' | 'stream' | 'both';
  readonly ends: Ending;
  /** Does it say, before it ends, what it has used? */
  readonly tells: boolean;
  readonly script: (manner: Manner) => Script;
};

export const usualManner: Manner = { used: usage(10, 4), pauseMs: 5 };

const both = (ends: Ending, script: Script, tells = false): Misbehaviour => ({
  calls: 'both',
  ends,
  tells,
  script: () => script,
});

const whole = (ends: Ending, script: (manner: Manner) => Script, tells = false): Misbehaviour => ({
  calls: 'whole',
  ends,
  tells,
  script,
});

type Pieces = readonly (string | Uint8Array)[];
/** `cut` closes the connection, `reset` aborts it, `open` leaves it as it is until the caller closes it. */
type Close = 'end' | 'cut' | 'reset' | 'open';

/** Piece by piece, so that each leaves by itself; what was written is to arrive before a cut does. */
const written =
  (pieces: Pieces, close: Close, pauseMs: number): Script =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      if (response.destroyed) return;
      response.write(piece);
      await (pauseMs > 0 ? sleep(pauseMs) : immediate());
    }
    if (close === 'end') response.end();
    if (close === 'cut') response.destroy();
    if (close === 'reset') response.socket?.resetAndDestroy();
  };

const streamed = (
  ends: Ending,
  pieces: (used: object) => Pieces,
  { close = 'end', tells = ends === 'answered' }: { readonly close?: Close; readonly tells?: boolean } = {},
): Misbehaviour => ({
  calls: 'stream',
  ends,
  tells,
  script: ({ used, pauseMs }) => written(pieces(used), close, pauseMs),
});

const words = ['Grüße', ' aus', ' dem', ' 🌍'];
const opening = spoken(words, null).slice(0, 3);
const proper = (used: unknown): string[] => spoken(words, used);
const text = (used: unknown): string => proper(used).join('');
const halfAFrame = 'data: {"id":"chatcmpl-scripted","choices":[{"index":0,"delta":{"content":"canar';
const error = frame({ error: { message: 'canary of the provider', type: 'server_error', code: 'overloaded' } });
const oneByOne = (value: string): Uint8Array[] => [...Buffer.from(value)].map((byte) => Uint8Array.of(byte));

/** One member a line, each with a `data:` of its own. */
const overManyLines = (value: string): string => value.replaceAll(/(?<=[\]}"0-9l]),"/g, ',\ndata: "');

const seconds = (count: number): string => String(count);
const limited = (headers: (nowMs: number) => Record<string, string>): Misbehaviour => ({
  calls: 'both',
  ends: 'rate limited',
  tells: false,
  script:
    ({ now = Date.now }) =>
    (response, asked) =>
      refusal(
        429,
        { message: 'Slow down.', type: 'requests', code: 'rate_limit_exceeded' },
        headers(now()),
      )(response, asked),
});
const failing = (status: number, headers: Record<string, string> = {}): Misbehaviour =>
  both('failed', refusal(status, { message: 'canary of the provider', type: 'server_error' }, headers));
const refusing = (status: number): Misbehaviour =>
  both('refused', refusal(status, { message: 'Bad tool.', type: 'x', param: 'tools', code: 'bad_tool' }));

const head =
  (headers: Record<string, string>): Script =>
  (response, { body }) => {
    const type = body['stream'] === true ? 'text/event-stream' : 'application/json';
    response.writeHead(200, { 'content-type': type, ...headers });
    response.flushHeaders();
  };

/** Of a proper answer, but with another length than it says. */
const ofLength =
  (wrong: (bytes: number) => number): ((manner: Manner) => Script) =>
  ({ used }) =>
  (response) => {
    const bytes = Buffer.from(JSON.stringify(completion(words.join(''), used)));
    response.socket?.end(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${wrong(bytes.length)}\r\n\r\n`,
        ),
        bytes,
      ]),
    );
  };

export const misbehaviours = {
  'behaves well': {
    calls: 'both',
    ends: 'answered',
    tells: true,
    script:
      ({ used }) =>
      (response, asked) => {
        if (!asked.path.endsWith('/chat/completions')) return wellBehaved(response, asked);
        const script = asked.body['stream'] === true ? stream(proper(used)) : answer(completion(words.join(''), used));
        return script(response, asked);
      },
  },

  'accepts and never answers': both('silent', () => {}),
  'sends headers and then nothing': both('silent', head({})),
  'resets the connection': both('failed', (response) => void response.socket?.resetAndDestroy()),
  'hangs up': both('failed', (response) => void response.destroy()),
  'speaks another protocol': both('failed', (response) => void response.socket?.end('220 mail.example ESMTP\r\n')),
  'sends garbage': both(
    'failed',
    answer(String.fromCharCode(...Array.from({ length: 200 }, (_, at) => (at * 7) % 256))),
  ),

  'answers 401': both('credential refused', refusal(401, { message: 'Wrong key.', code: 'invalid_api_key' })),
  'answers 403': both('credential refused', refusal(403, { message: 'Not you.' })),
  'answers 408': failing(408),
  'answers 429 with retry-after': limited(() => ({ 'retry-after': seconds(1) })),
  'answers 429 with retry-after-ms': limited(() => ({ 'retry-after-ms': '40' })),
  'answers 429 with a date': limited((nowMs) => ({ 'retry-after': new Date(nowMs + 2_000).toUTCString() })),
  'answers 429 without a hint': limited(() => ({})),
  'answers 429 for want of quota': both(
    'failed',
    refusal(429, { message: 'Pay first.', type: 'insufficient_quota', code: 'insufficient_quota' }),
  ),
  'answers 400': refusing(400),
  'answers 404': refusing(404),
  'answers 422': refusing(422),
  'answers 500': failing(500),
  'answers 502': failing(502),
  'answers 503': failing(503),
  'answers 504': failing(504),
  'answers 529': failing(529),
  'answers 500 with retry-after': failing(500, { 'retry-after': '1' }),

  'answers 200 with a page': both(
    'failed',
    answer('<!doctype html><h1>Welcome</h1>', 200, { 'content-type': 'text/html' }),
  ),
  'answers 200 with an error': both('failed', answer({ error: { message: 'canary of the provider' } })),
  'answers 200 with nothing': both('failed', answer('')),
  'answers 200 with half a JSON': both('failed', answer(JSON.stringify(completion('canary')).slice(0, -30))),
  'promises more bytes than it sends': whole(
    'failed',
    ofLength((bytes) => bytes + 100),
  ),
  'promises fewer bytes than it sends': whole(
    'failed',
    ofLength((bytes) => bytes - 100),
  ),
  'tells no usage': {
    calls: 'both',
    ends: 'answered',
    tells: false,
    script: () => (response, asked) =>
      (asked.body['stream'] === true ? stream(proper(null)) : answer(completion(words.join(''), null)))(
        response,
        asked,
      ),
  },

  'begins with an error': streamed('failed', () => [error]),
  'sends comments and ends': streamed('failed', () => [': hello\n\n', ': still here\n\n']),
  'sends comments and is silent': streamed('silent', () => [': hello\n\n', ': still here\n\n'], { close: 'open' }),
  'is cut in its first frame': streamed('failed', () => [halfAFrame], { close: 'cut' }),
  'is silent in its first frame': streamed('silent', () => [halfAFrame], { close: 'open' }),
  'begins with a frame of 9 MB': streamed('failed', () => [`data: ${'x'.repeat(9 * 1024 * 1024)}`]),

  'ends its lines with CRLF': streamed('answered', (used) => [text(used).replaceAll('\n', '\r\n')]),
  'ends its lines with CR': streamed('answered', (used) => proper(used).map((one) => one.replaceAll('\n', '\r'))),
  'begins with a byte order mark': streamed('answered', (used) => [`\ufeff${text(used)}`]),
  'splits its characters': streamed('answered', (used) => {
    const bytes = Buffer.from(text(used));
    const world = bytes.indexOf('🌍') + 2;
    return [bytes.subarray(0, world), bytes.subarray(world)];
  }),
  'sends byte by byte': {
    ...streamed('answered', () => []),
    // At once: a pause at every byte would take seconds.
    script: ({ used }) => written(oneByOne(text(used)), 'end', 0),
  },
  'names its events': streamed('answered', (used) =>
    proper(used).map((one, at) => `event: message\nid: ${at}\nretry: 3000\n${one}`),
  ),
  'writes a frame over many lines': streamed('answered', (used) => proper(used).map(overManyLines)),
  'leaves out the last blank line': streamed('answered', (used) => [text(used).trimEnd()]),
  'forgets [DONE]': streamed('answered', (used) => proper(used).slice(0, -1)),
  'forgets [DONE] and its last words': streamed('cut', () => opening),
  'has used nothing': {
    ...streamed('answered', () => []),
    script: ({ pauseMs }) => written(proper(usage(0, 0)), 'end', pauseMs),
  },
  'says [DONE] twice': streamed('answered', (used) => [...proper(used), done]),
  'talks on after [DONE]': streamed('answered', (used) => [
    ...proper(used),
    frame(chunk({ content: 'canary' })),
    error,
    halfAFrame,
  ]),
  'does not close after [DONE]': streamed('answered', proper, { close: 'open' }),
  drips: {
    ...streamed('answered', () => []),
    script: ({ used, pauseMs }) => written(proper(used), 'end', pauseMs * 20),
  },

  'fails midway': streamed('cut', () => [...opening, error]),
  'fails midway in an event': streamed('cut', () => [
    ...opening,
    'event: error\ndata: {"message":"canary of the provider"}\n\n',
  ]),
  'fails after its usage': streamed('cut', (used) => [...opening, frame(usageChunk(used)), error], { tells: true }),
  'is cut midway': streamed('cut', () => opening, { close: 'cut' }),
  'is reset midway': streamed('cut', () => opening, { close: 'reset' }),
  'is cut within a frame': streamed('cut', () => [...opening, halfAFrame], { close: 'cut' }),
  'ends within a frame': streamed('cut', () => [...opening, halfAFrame]),
  'sends a frame of 9 MB': streamed('cut', () => [...opening, `data: ${'x'.repeat(9 * 1024 * 1024)}`]),
  'falls silent': streamed('silent midway', () => opening, { close: 'open' }),
  'falls silent within a frame': streamed('silent midway', () => [...opening, halfAFrame], { close: 'open' }),
} as const satisfies Readonly<Record<string, Misbehaviour>>;

export type MisbehaviourName = keyof typeof misbehaviours;

export const misbehaviourNames = Object.keys(misbehaviours) as MisbehaviourName[];

export const isMisbehaviour = (name: string): name is MisbehaviourName => Object.hasOwn(misbehaviours, name);

/** Those that a call of this kind can meet. */
export const misbehavioursOf = (call: 'whole' | 'stream'): [MisbehaviourName, Misbehaviour][] =>
  misbehaviourNames
    .map((name): [MisbehaviourName, Misbehaviour] => [name, misbehaviours[name]])
    .filter(([, { calls }]) => calls === 'both' || calls === call);

/** A provider's script that misbehaves in one way. */
export const misbehaving = (name: MisbehaviourName, manner: Manner = usualManner): Script =>
  misbehaviours[name].script(manner);
