/**
 * A provider in a process of its own that misbehaves as it is told: by the words
 * of a request's `user`, or by `POST /control` for all that come after.
 *
 *   user: "first: falls silent; second: answers 500"
 *
 * Each process takes what stands behind its own name. What it was asked, and what
 * usage it told, is at `GET /control`. It refuses connections for a while when told so.
 *
 *   node test/support/misbehaving-provider.ts first 5
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMisbehaviour, type MisbehaviourName, misbehaviours } from './misbehaviours.ts';
import { usage } from './scripted-provider.ts';

/** One call, as the provider remembers it. Its `completionTokens` are no other call's. */
export type Told = {
  readonly misbehaviour: MisbehaviourName;
  readonly streamed: boolean;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Did the connection end before everything was said? Then the usage may not have been. */
  left: boolean;
};

type Control = { readonly misbehaviour?: MisbehaviourName; readonly refuseForMs?: number };

const promptTokens = 10;

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function toldToBe(user: unknown, name: string): MisbehaviourName | null {
  if (typeof user !== 'string') return null;
  for (const part of user.split(';')) {
    const [who, what = ''] = part.split(':').map((word) => word.trim());
    if (who === name && isMisbehaviour(what)) return what;
  }
  return null;
}

function serve(name: string, pauseMs: number): Server {
  const told: Told[] = [];
  let usually: MisbehaviourName = 'behaves well';

  function control(response: ServerResponse, text: string): void {
    const { misbehaviour, refuseForMs }: Control = text ? JSON.parse(text) : {};
    if (misbehaviour) usually = misbehaviour;
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(text ? {} : told));
    if (refuseForMs === undefined) return;
    const { port } = server.address() as AddressInfo;
    server.close();
    server.closeAllConnections();
    setTimeout(() => server.listen(port, '127.0.0.1'), refuseForMs);
  }

  const server = createServer(async (request, response) => {
    // Whoever asked may be gone by now, and that is part of the game.
    const text = await textOf(request).catch(() => null);
    if (text === null) return;
    const path = request.url ?? '';
    if (path === '/control') return control(response, text);
    const body = JSON.parse(text);
    const misbehaviour = toldToBe(body['user'], name) ?? usually;
    const call: Told = {
      misbehaviour,
      streamed: body['stream'] === true,
      promptTokens,
      completionTokens: told.length + 1,
      left: false,
    };
    told.push(call);
    response.once('close', () => {
      call.left = !response.writableFinished;
    });
    const used = usage(promptTokens, call.completionTokens);
    await misbehaviours[misbehaviour].script({ used, pauseMs })(response, {
      path,
      headers: request.headers,
      body,
      text,
    });
  });
  return server;
}

export type MisbehavingProvider = {
  readonly baseURL: string;
  /** How it behaves towards requests that do not say. */
  behave(misbehaviour: MisbehaviourName): Promise<void>;
  /** Stops listening, and listens again later. */
  refuse(forMs: number): Promise<void>;
  told(): Promise<Told[]>;
  stop(): Promise<void>;
};

export async function startMisbehaving(name: string, pauseMs = 5): Promise<MisbehavingProvider> {
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename, name, String(pauseMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = child.stdout ? await once(child.stdout, 'data') : [];
  const root = `http://127.0.0.1:${Number(line)}`;
  const tell = async (control: Control): Promise<void> => {
    const response = await fetch(`${root}/control`, { method: 'POST', body: JSON.stringify(control) });
    await response.arrayBuffer();
  };
  return {
    baseURL: `${root}/v1`,
    behave: (misbehaviour) => tell({ misbehaviour }),
    refuse: (refuseForMs) => tell({ refuseForMs }),
    told: async () => (await fetch(`${root}/control`)).json() as Promise<Told[]>,
    async stop() {
      child.kill();
      await exited;
    },
  };
}

if (import.meta.main) {
  const [, , name = 'first', pauseMs = '5'] = process.argv;
  const server = serve(name, Number(pauseMs));
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
}
