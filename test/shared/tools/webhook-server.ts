/** A tool's target: a TLS server on this machine, for a name that only the test resolves. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { certificateFor } from '../../support/certificate.ts';

export type Received = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly message: IncomingMessage;
};
export type Answering = (response: ServerResponse, received: Received) => void;

export type WebhookServer = {
  readonly port: number;
  readonly ca: string;
  readonly received: Received[];
  /** How many connections there were. */
  readonly connections: () => number;
  answer: Answering;
  stop(): Promise<void>;
};

export const host = 'tools.example.test';

export async function webhookServer(): Promise<WebhookServer> {
  const { key, cert } = certificateFor(host, Date.now());
  const received: Received[] = [];
  let connections = 0;
  const made: { answer: Answering } = { answer: (response) => void response.end('{}') };
  const server = createServer({ key, cert }, async (message, response) => {
    const parts: Buffer[] = [];
    for await (const part of message) parts.push(part as Buffer);
    const headers = message.headers as Record<string, string>;
    const got = { url: message.url ?? '', headers, body: Buffer.concat(parts).toString(), message };
    received.push(got);
    made.answer(response, got);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return Object.assign(made, {
    port: typeof address === 'object' && address ? address.port : 0,
    ca: cert,
    received,
    connections: () => connections,
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  });
}
