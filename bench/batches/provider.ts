/** The provider of the batches: answers each line by its own number, fails now and then where it is told to, and remembers what it has answered. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Told = {
  readonly asked: number;
  readonly failed: number;
  /** By the line's own number: how often an answer to it went out as a whole. */
  readonly answered: Readonly<Record<string, number>>;
};

const failingShare = Number(process.env['FAILING_SHARE'] ?? 0);
const answersAfterMs = Number(process.env['ANSWERS_AFTER_MS'] ?? 10);

let asked = 0;
let failed = 0;
const answered = new Map<string, number>();

const failures: readonly ((response: ServerResponse) => void)[] = [
  (response) => response.writeHead(500).end('{"error":{"message":"broken"}}'),
  (response) => response.writeHead(429, { 'retry-after-ms': '200' }).end('{"error":{"message":"slow down"}}'),
  (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"chatcmpl'),
  // Once it has begun: cut before its first byte, a kept connection is taken for one that had died, and asked over another (upstream-fetch.ts).
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    response.destroy();
  },
];

const completion = (content: string) => ({
  id: 'chatcmpl-batch',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'upstream',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', logprobs: null }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
});

const server = createServer(async (request, response) => {
  if (request.url === '/told') {
    response.end(JSON.stringify({ asked, failed, answered: Object.fromEntries(answered) } satisfies Told));
    return;
  }
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const line = /"line (\d+)/.exec(Buffer.concat(pieces).toString('utf8'))?.[1] ?? '';
  asked += 1;
  await sleep(Math.random() * 2 * answersAfterMs);
  if (Math.random() < failingShare) {
    failed += 1;
    failures[Math.floor(Math.random() * failures.length)]?.(response);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(completion(`answer to line ${line}`)), () =>
    answered.set(line, (answered.get(line) ?? 0) + 1),
  );
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
});
