/** Tools of the gateway for tests: registered, and served on loopback. */
import { createServer, type ServerResponse } from 'node:http';
import type { TestGateway } from './gateway.ts';

export type CalledTool = {
  readonly name: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
};
export type ToolScript = (response: ServerResponse, called: CalledTool) => void | Promise<void>;

export type ToolServer = {
  readonly url: string;
  readonly called: CalledTool[];
  script: ToolScript;
  stop(): Promise<void>;
};

/** For `scene`: where the gateway may call what listens on this machine. */
export const loopbackTools = { SLUICE_TOOLS_ALLOW_LOOPBACK: '1' } as const;

export const sunny: ToolScript = (response, { given }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ location: given['location'], weather: 'sunny', celsius: 21 }));
};

export async function toolServer(): Promise<ToolServer> {
  const called: CalledTool[] = [];
  const made: { script: ToolScript } = { script: sunny };
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    const { data } = JSON.parse(text) as { data: { name: string; arguments: Record<string, unknown> } };
    const call = { name: data.name, given: data.arguments, headers: request.headers, text };
    called.push(call);
    await made.script(response, call);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return Object.assign(made, {
    url: `http://127.0.0.1:${port}/`,
    called,
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  });
}

/** For the length of a test file. */
export function servedTools(): () => ToolServer {
  let made: ToolServer;
  beforeAll(async () => {
    made = await toolServer();
  });
  beforeEach(() => {
    made.script = sunny;
    made.called.length = 0;
  });
  afterAll(() => made.stop());
  return () => made;
}

export const weatherTool = {
  name: 'get_weather',
  description: 'Get the current weather in a location',
  parameters: {
    type: 'object',
    properties: { location: { type: 'string' } },
    required: ['location'],
    additionalProperties: false,
  },
} as const;

export const registered = (
  gateway: TestGateway,
  url: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly id: string; readonly secret: string }> =>
  gateway.admin().post('/organization/tools', {
    body: { ...weatherTool, target: { type: 'webhook', url }, ...changes },
    headers: { authorization: 'Bearer sk-admin-of-the-tests-0123456789abcdef' },
  });
