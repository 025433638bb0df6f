/**
 * The Lambda Runtime API, as a function's runtime client sees it: it hands out
 * events and takes answers, noting every byte as it arrives.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

export type Piece = { readonly bytes: Buffer; readonly atMs: number };

export type Answer = {
  readonly headers: IncomingHttpHeaders;
  readonly pieces: readonly Piece[];
  /** What Lambda reads to learn that a function failed in the midst of its answer. */
  readonly trailers: NodeJS.Dict<string>;
  readonly endedAtMs: number;
};

/** Called with the bytes read so far; the answer is read no further until it resolves. */
export type Pace = (bytesRead: number) => Promise<void> | void;

export type Delivery = {
  readonly answer: Promise<Answer>;
  /** When the runtime has asked for the next event, which ends the invocation. */
  readonly ended: Promise<number>;
};

type Waiting = {
  readonly event: unknown;
  readonly requestId: string;
  readonly pace: Pace;
  readonly answered: (answer: Answer) => void;
  readonly ended: (atMs: number) => void;
};

export type RuntimeApi = {
  /** Host and port, as `AWS_LAMBDA_RUNTIME_API` has them. */
  readonly address: string;
  /** What a runtime reported that could not load its function. */
  readonly initErrors: unknown[];
  /** What it reported of invocations that failed without an answer. */
  readonly invocationErrors: unknown[];
  deliver(event: unknown, requestId: string, pace?: Pace): Delivery;
  /** Called when the runtime waits for an event, and when it gets one: Lambda freezes it in between. */
  onIdle: () => void;
  onBusy: () => void;
  stop(): Promise<void>;
};

const root = '/2018-06-01/runtime';
const timeoutMs = 60_000;

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

async function read(request: IncomingMessage, pace: Pace): Promise<Answer> {
  const pieces: Piece[] = [];
  let bytesRead = 0;
  for await (const bytes of request) {
    pieces.push({ bytes, atMs: performance.now() });
    bytesRead += bytes.length;
    await pace(bytesRead);
  }
  return { headers: request.headers, pieces, trailers: request.trailers, endedAtMs: performance.now() };
}

export async function runtimeApi(): Promise<RuntimeApi> {
  const waiting: Waiting[] = [];
  let current: Waiting | null = null;
  let idle: ServerResponse | null = null;
  const initErrors: unknown[] = [];
  const invocationErrors: unknown[] = [];

  function handOut(): void {
    if (idle === null) return;
    const next = waiting.shift();
    if (!next) return;
    current = next;
    api.onBusy();
    idle.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': next.requestId,
      'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:chat-completions',
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
    });
    idle.end(JSON.stringify(next.event));
    idle = null;
  }

  const accept = (response: ServerResponse): void => {
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = `${request.method} ${request.url}`;
    const invocation = current && `POST ${root}/invocation/${current.requestId}`;
    if (call === `GET ${root}/invocation/next`) {
      idle = response;
      api.onIdle();
      current?.ended(performance.now());
      current = null;
      handOut();
    } else if (current && call === `${invocation}/response`) {
      current.answered(await read(request, current.pace));
      accept(response);
    } else if (current && call === `${invocation}/error`) {
      invocationErrors.push(JSON.parse(await textOf(request)));
      accept(response);
    } else if (call === `POST ${root}/init/error`) {
      initErrors.push(JSON.parse(await textOf(request)));
      accept(response);
    } else {
      response.writeHead(404).end();
    }
  }

  const server = createServer((request, response) => {
    // A runtime that dies in the midst of its answer: the check that waits for it says so.
    serve(request, response).catch(() => response.destroy());
  });
  // The runtime keeps one connection open for as long as it waits.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  const api: RuntimeApi = {
    address: `127.0.0.1:${port}`,
    initErrors,
    invocationErrors,
    deliver(event, requestId, pace = () => {}) {
      const answer = Promise.withResolvers<Answer>();
      const ended = Promise.withResolvers<number>();
      waiting.push({ event, requestId, pace, answered: answer.resolve, ended: ended.resolve });
      handOut();
      return { answer: answer.promise, ended: ended.promise };
    },
    onIdle: () => {},
    onBusy: () => {},
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}
