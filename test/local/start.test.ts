/** `npm start` as a newcomer meets it: a process of its own, over real sockets. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { type LocalProcess, newcomersEnvironment, startLocal } from '../support/local-process.ts';
import { moderated } from '../support/safety-scene.ts';
import { question } from '../support/scene.ts';
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  type ScriptedProvider,
  scriptedProvider,
  spoken,
  stream,
  usage,
} from '../support/scripted-provider.ts';

let provider: ScriptedProvider;
let folder: string;
const running: LocalProcess[] = [];

const start = async (environment: NodeJS.ProcessEnv = {}): Promise<LocalProcess> => {
  const started = await startLocal({ SLUICE_DATA: folder, ...environment });
  running.push(started);
  return started;
};
const withProvider = () => ({ OPENAI_API_KEY: 'sk-test-of-the-provider', OPENAI_BASE_URL: provider.baseURL });

const tenantOf = async ({ baseURL, adminKey }: LocalProcess) => {
  const admin = new OpenAI({ baseURL, adminAPIKey: adminKey, apiKey: 'unused', maxRetries: 0 });
  const project = await admin.admin.organization.projects.create({ name: 'first' });
  const account = await admin.admin.organization.projects.serviceAccounts.create(project.id, { name: 'app' });
  const apiKey = account.api_key?.value ?? '';
  return { admin, project, apiKey, client: new OpenAI({ baseURL, apiKey, maxRetries: 0 }) };
};

beforeAll(async () => {
  provider = await scriptedProvider();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-start-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.kill()));
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => provider.stop());

describe('a first start', () => {
  test('prints a base URL, an admin key, and one curl that works as pasted', async () => {
    const { output } = await start();
    const [, url = '', key = '', body = ''] =
      /curl (\S+) -H "Authorization: Bearer (\S+)".* -d '(.*)'/.exec(output) ?? [];
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    });
    expect(await response.json()).toMatchObject({ object: 'organization.project', name: 'first', status: 'active' });
  });

  test('without a provider’s key, the demo provider answers and says that it is one', async () => {
    const { client } = await tenantOf(await start());
    const { choices } = await client.chat.completions.create({ ...question, model: 'gpt-5.5' });
    expect(choices[0]?.message.content).toContain("Sluice's demo provider");
    let said = '';
    for await (const event of await client.chat.completions.create({ ...question, model: 'gpt-5.5', stream: true })) {
      said += event.choices[0]?.delta.content ?? '';
    }
    expect(said).toBe(choices[0]?.message.content);
    const { data } = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' });
    expect(data[0]?.embedding.length).toBeGreaterThan(0);
    expect((await client.moderations.create({ input: 'x' })).results).toHaveLength(1);
  });

  test('has a sample tool, which does not come back once it was deleted', async () => {
    const first = await start();
    const { client } = await tenantOf(first);
    const execute = () => client.post('/tools/get_weather/execute', { body: { arguments: { location: 'Paris' } } });
    expect(first.output).toContain('sluice:get_weather');
    expect(await execute()).toMatchObject({ object: 'tool.result', result: { location: 'Paris' } });
    const tools = (process: LocalProcess) => new OpenAI({ ...process, apiKey: process.adminKey, maxRetries: 0 });
    await tools(first).delete('/organization/tools/tool_get_weather');
    await first.kill();
    const second = await start();
    expect(await tools(second).get('/organization/tools')).toMatchObject({ data: [] });
  });

  test('with OPENAI_API_KEY, it talks to OpenAI, or to whatever OPENAI_BASE_URL names', async () => {
    const { client } = await tenantOf(await start(withProvider()));
    provider.script = moderated(answer(completion('from the provider')));
    const { choices } = await client.chat.completions.create({ ...question, model: 'gpt-4o-mini' });
    expect(choices[0]?.message.content).toBe('from the provider');
    expect(provider.asked.at(-1)?.headers.authorization).toBe('Bearer sk-test-of-the-provider');
  });

  test('keeps its secrets from other users of the machine', async () => {
    await start();
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  test('takes SLUICE_ADMIN_KEY for the admin key, and does not print it', async () => {
    const adminKey = 'an admin key of at least thirty-two characters'.replaceAll(' ', '-');
    const local = await start({ SLUICE_ADMIN_KEY: adminKey, SLUICE_DATA: 'memory' });
    expect(local.output).not.toContain(adminKey);
    const { project } = await tenantOf({ ...local, adminKey });
    expect(project.name).toBe('first');
  });
});

describe('wrong settings stop it, with the name and the remedy', () => {
  const root = join(import.meta.dirname, '../..');
  const fails = (environment: NodeJS.ProcessEnv): { status: number | null; stderr: string } => {
    const { status, stderr } = spawnSync('node', ['infra/local/start.js'], {
      cwd: root,
      env: { ...newcomersEnvironment(), SLUICE_DATA: 'memory', ...environment },
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { status, stderr };
  };
  const config = (value: unknown): NodeJS.ProcessEnv => {
    const file = join(folder, 'sluice.json');
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return { SLUICE_CONFIG: file };
  };

  const cases: [string, () => NodeJS.ProcessEnv, RegExp][] = [
    ['a port that is none', () => ({ PORT: 'http' }), /PORT must be a port, such as 8787/],
    [
      'an admin key that is too short',
      () => ({ SLUICE_ADMIN_KEY: 'short' }),
      /SLUICE_ADMIN_KEY must have at least 32 characters/,
    ],
    ['a DynamoDB that is not there', () => ({ DYNAMODB_ENDPOINT: 'http://127.0.0.1:9' }), /No DynamoDB answers at/],
    [
      'a configuration that is missing',
      () => ({ SLUICE_CONFIG: '/nowhere/sluice.json' }),
      /does not exist. Copy the sluice.json/,
    ],
    ['a configuration that is not JSON', () => config('{'), /is not valid JSON/],
    ['an unknown field', () => config({ providers: {}, models: {}, limit: 1 }), /the document is wrong.*"limit"/],
    [
      'a wrong type',
      () => config({ providers: { x: { kind: 'openai', baseURL: 5 } }, models: {} }),
      /providers\.x\.baseURL is wrong/,
    ],
    [
      'an unknown provider',
      () => config({ providers: {}, models: { m: { targets: ['x/m'] } } }),
      /models\.m\.targets\[0\] names the provider "x"/,
    ],
  ];
  test.each(cases)('%s', (_, environment, message) => {
    const { status, stderr } = fails(environment());
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('a port that is taken', async () => {
    const { port } = await start();
    const { status, stderr } = fails({ PORT: String(port) });
    expect([status, stderr]).toEqual([1, expect.stringContaining('The port is taken')]);
  });
});

describe('API Gateway’s part', () => {
  test('unknown paths and methods, and bodies over the limit, have the same answers as on AWS', async () => {
    const { baseURL } = await start();
    const inShape = { message: expect.any(String), type: 'invalid_request_error', param: null };
    const ask = async (path: string, init?: RequestInit) => {
      const response = await fetch(`${baseURL}${path}`, init);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      return [response.status, await response.json()];
    };
    const missing = [404, { error: { ...inShape, code: 'not_found' } }];
    expect(await ask('/nope')).toEqual(missing);
    expect(await ask('/models', { method: 'DELETE' })).toEqual(missing);
    expect(await ask('/../v1')).toEqual(missing);
    const large = await ask('/chat/completions', { method: 'POST', body: 'x'.repeat(6 * 1024 * 1024 + 1) });
    expect(large).toEqual([413, { error: { ...inShape, code: 'request_too_large' } }]);
  });

  test('what is not HTTP gets an answer in shape, too', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write('NONSENSE\r\n\r\n');
    let said = '';
    for await (const piece of socket) said += piece;
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(said.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      error: { type: 'invalid_request_error', code: null },
    });
  });

  test('a stream arrives as it is made', async () => {
    const { client } = await tenantOf(await start(withProvider()));
    provider.script = moderated(stream(spoken(['a ', 'b ', 'c '], usage(1, 3)), { pauseMs: 80 }));
    const at: number[] = [];
    for await (const _ of await client.chat.completions.create({ ...question, model: 'gpt-4o', stream: true }))
      at.push(performance.now());
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(200);
  });

  test('a caller who hangs up in the midst of a stream is metered to the end (I3)', async () => {
    const local = await start(withProvider());
    const { admin, apiKey, project } = await tenantOf(local);
    provider.script = moderated(
      stream(
        spoken(
          Array.from({ length: 20 }, () => 'w '),
          usage(30, 20),
        ),
        { pauseMs: 10 },
      ),
    );
    await new Promise<void>((resolve) => {
      const call = request(`${local.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
      });
      call.on('response', (response) => response.once('data', () => call.destroy()));
      call.on('close', resolve).on('error', () => {});
      call.end(JSON.stringify({ ...question, model: 'gpt-4o', stream: true }));
    });
    const sums = async () => {
      const start_time = Math.floor(Date.now() / 1000) - 600;
      const page = await admin.admin.organization.usage.completions({ start_time, project_ids: [project.id] });
      return page.data.flatMap(({ results }) => results)[0];
    };
    const deadline = performance.now() + 10_000;
    let seen = await sums();
    while (performance.now() < deadline && !(seen && 'output_tokens' in seen && seen.output_tokens > 0))
      seen = await sums();
    expect(seen).toMatchObject({ num_model_requests: 1, input_tokens: 30, output_tokens: 20 });
  });
});

describe('the end', () => {
  const usageOf = async (local: LocalProcess, projectId: string) => {
    const admin = new OpenAI({ baseURL: local.baseURL, adminAPIKey: local.adminKey, apiKey: 'unused', maxRetries: 0 });
    const start_time = Math.floor(Date.now() / 1000) - 3_600;
    const page = await admin.admin.organization.usage.completions({ start_time, project_ids: [projectId] });
    return page.data.flatMap(({ results }) => results)[0];
  };

  test('SIGTERM drains: the stream under way ends as it should, is metered, and the process leaves with 0', async () => {
    const local = await start(withProvider());
    const { client, project } = await tenantOf(local);
    provider.script = moderated(stream(spoken(['a', 'b', 'c', 'd', 'e'], usage(11, 5)), { pauseMs: 60 }));
    const events = await client.chat.completions.create({ ...question, model: 'gpt-4o', stream: true });
    let said = '';
    for await (const event of events) {
      if (said === '') local.signal('SIGTERM');
      said += event.choices[0]?.delta.content ?? '';
    }
    expect(said).toBe('abcde');
    expect(await local.exited).toBe(0);
    await expect(fetch(`${local.baseURL}/health`)).rejects.toThrow();
    expect(await usageOf(await start(), project.id)).toMatchObject({
      num_model_requests: 1,
      input_tokens: 11,
      output_tokens: 5,
    });
  });

  test('SIGKILL loses nothing: keys, projects and usage are there again, and so is the call that it cut (I3)', async () => {
    const local = await start(withProvider());
    const { client, project, apiKey } = await tenantOf(local);
    provider.script = moderated(answer(completion('kept', usage(21, 4))));
    await client.chat.completions.create({ ...question, model: 'gpt-4o' });
    provider.script = moderated(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame(chunk({ content: 'never ended, ' })));
    });
    const events = await client.chat.completions.create({ ...question, model: 'gpt-4o', stream: true });
    await events[Symbol.asyncIterator]().next();
    local.signal('SIGKILL');
    await local.exited;

    const again = await start(withProvider());
    expect(again.adminKey).toBe(local.adminKey);
    expect(await usageOf(again, project.id)).toMatchObject({
      num_model_requests: 2,
      input_tokens: 21,
      output_tokens: 4,
    });
    provider.script = moderated(stream([...spoken(['back'], usage(1, 1)).slice(0, -1), done]));
    const revived = new OpenAI({ baseURL: again.baseURL, apiKey, maxRetries: 0 });
    let said = '';
    for await (const event of await revived.chat.completions.create({ ...question, model: 'gpt-4o', stream: true })) {
      said += event.choices[0]?.delta.content ?? '';
    }
    expect(said).toBe('back');
  });

  test('a killed gateway leaves no database process behind', async () => {
    const local = await start();
    const descendants = () =>
      readFileSync(`/proc/${local.pid}/task/${local.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    const [shell = ''] = descendants();
    const database = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ').filter(Boolean);
    local.signal('SIGKILL');
    await local.exited;
    const alive = (pid: string) => {
      try {
        process.kill(Number(pid), 0);
        return true;
      } catch {
        return false;
      }
    };
    const deadline = performance.now() + 5_000;
    while ([shell, ...database].some(alive) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect([shell, ...database].filter(alive)).toEqual([]);
  });
});
