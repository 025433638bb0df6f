/** What Lambda is given: how much of it a cold start loads, and what is not in that (I9). */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Bundles, bundleFunctions, resolvedConfigFile } from '../../infra/build/bundle.ts';
import { readConfig, resolveConfig } from '../../infra/build/resolve-config.ts';
import { type QueueDefinition, queues } from '../../infra/queues.ts';
import { routes } from '../../infra/routes.ts';
import { type Schedule, schedules } from '../../infra/schedules.ts';
import { resolvedConfigSchema } from '../../shared/catalogue/resolved-config.ts';
import type { Route } from '../../shared/http/route.ts';

const inNode = (script: string, cwd: string) =>
  promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd });

const outdir = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
const config = (now: string) => resolveConfig(readConfig('sluice.json'), { now: new Date(now) });

let bundles: Bundles;
beforeAll(async () => {
  bundles = await bundleFunctions(outdir, config('2026-11-22T00:00:00Z'));
}, 60_000);
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const all: readonly Route[] = routes;
const scheduled: readonly Schedule[] = schedules;
const queued: readonly QueueDefinition[] = queues;
const names = [...new Set([...all, ...scheduled, ...queued].map((caller) => caller.function))];
const callsProviders = (name: string) =>
  [...all, ...queued].some((caller) => caller.function === name && caller.providers);
const needsStore = (name: string) =>
  all.some((route) => route.function === name && route.audience !== 'anyone') ||
  [...scheduled, ...queued].some((caller) => caller.function === name);

const writesLog = (caller: object) => 'requestLogs' in caller;
/** Of the request log, what few projects want: the queue that their calls are told to is that of all. */
const isLogged = (name: string) =>
  [...all, ...queued].some((caller) => caller.function === name && (caller.queues ?? []).includes('requestLog'));
const checksHealth = (name: string) => all.some((route) => route.function === name && route.checksHealth);
const keepsBodies = (name: string) =>
  [...all, ...scheduled, ...queued].some(
    (caller) =>
      caller.function === name && (caller.bodies || caller.deletesBodies || caller.files || writesLog(caller)),
  ) || checksHealth(name);
const sends = (name: string) =>
  [...all, ...scheduled, ...queued].some((caller) => caller.function === name && (caller.queues ?? []).length > 0) ||
  checksHealth(name);
/** What the counter of tokens loads with the first count, and the functions that may count. */
const tokenFiles = ['cl100k-base.mjs', 'o200k-base.mjs', 'tiktoken.mjs'];
/** What models are to generate from is made to fit their windows. */
const fits = (name: string) => ['chat-completions', 'responses', 'background-responses', 'batch-lanes'].includes(name);
const counts = (name: string) => fits(name) || ['input-tokens', 'embeddings'].includes(name);
const runsTools = (name: string) =>
  all.some((route) => route.function === name && route.runsTools) ||
  queued.some((queue) => queue.function === name && queue.providers);
/** Those that register tools check their schemas and addresses as well. */
const checksTools = (name: string) => runsTools(name) || name === 'tools';
/** Charts, which take as much as a client. */
const draws = (name: string) => scheduled.some((schedule) => schedule.function === name && schedule.bucket);

const bundleOf = (name: string) => {
  const bundle = bundles[name];
  if (!bundle) throw new Error(`no bundle ${name}`);
  return bundle;
};
const holds = (name: string, packageName: string) =>
  bundleOf(name).modules.some((module) => module.includes(`node_modules/${packageName}/`));

test('there is a bundle for every function', () => {
  expect(Object.keys(bundles)).toEqual(expect.arrayContaining(names));
});

test.each(names)('a cold start of %s loads no more than its route needs', (name) => {
  const mostBytes = callsProviders(name) ? 715_000 : draws(name) ? 640_000 : needsStore(name) ? 420_000 : 125_000;
  // Tools are run by what is small; what is large of it is loaded by the first of them.
  const forTools = runsTools(name) ? 30_000 : 0;
  const forWindows = fits(name) ? 45_000 : 0;
  const forHistory = name === 'responses' || name === 'input-tokens' ? 30_000 : 0;
  // It is limited like a model's call, and is none.
  const forAdmission = name === 'input-tokens' ? 15_000 : 0;
  // Nobody waits for their starts: what is left of a call in the background, lines of three kinds, all that the clock sees to.
  const forWork: Readonly<Record<string, number>> = {
    'background-responses': 20_000,
    'batch-lanes': 75_000,
    sweep: 12_000,
  };
  // It has the whole of the API in it.
  const forRoutes = name === 'openapi' ? 90_000 : 0;
  const more = forTools + forWindows + forHistory + forAdmission + (forWork[name] ?? 0) + forRoutes;
  expect(bundleOf(name).bytes).toBeLessThan(mostBytes + more);
});

test('a cold start finds all that it imports, where no package is installed', async () => {
  const files = Object.values(bundles).map(({ folder }) => pathToFileURL(join(folder, 'index.mjs')).href);
  // What is missing is found before anything runs, which would go no further here for want of an environment.
  const script = `
    for (const file of ${JSON.stringify(files)}) {
      await import(file).catch(({ code, message }) => code === 'ERR_MODULE_NOT_FOUND' && console.log(message));
    }
    process.exit();
  `;
  const { stdout } = await inNode(script, outdir);
  expect(stdout).toBe('');
});

test.each(names)('a cold start of %s loads one file', (name) => {
  const code = readFileSync(join(bundleOf(name).folder, 'index.mjs'), 'utf8');
  expect(code).not.toMatch(/(?:from|import)\s*["']\.\.?\//);
});

test.each(names.filter(callsProviders))('%s holds the client of the openai package without its resources', (name) => {
  expect(holds(name, 'openai')).toBe(true);
  expect(bundleOf(name).modules.filter((module) => /openai\/(resources|lib)\//.test(module))).toEqual([]);
});

test.each(names.filter((name) => !callsProviders(name)))('%s does not hold the openai package', (name) => {
  expect(holds(name, 'openai')).toBe(false);
});

test.each(names.filter((name) => !needsStore(name)))('%s does not hold the AWS SDK', (name) => {
  expect(holds(name, '@aws-sdk/client-dynamodb')).toBe(false);
  expect(holds(name, '@aws-sdk/client-secrets-manager')).toBe(false);
});

test.each(names)('%s holds the clients of SNS and S3 at its start only if its schedule says so', (name) => {
  const called = scheduled.filter((schedule) => schedule.function === name);
  expect(holds(name, '@aws-sdk/client-sns')).toBe(called.some(({ publishes }) => publishes));
  expect(holds(name, '@aws-sdk/client-s3')).toBe(called.some(({ bucket }) => bucket));
});

describe('what is loaded when it is needed', () => {
  test.each(names)('%s has the client of CloudWatch beside its code if it checks health, and else not', (name) => {
    const { folder } = bundleOf(name);
    expect(existsSync(join(folder, 'cloudwatch-client.mjs'))).toBe(checksHealth(name));
    expect(holds(name, '@aws-sdk/client-cloudwatch')).toBe(false);
  });

  test.each(names)('%s has the client of S3 beside its code if it has to do with bodies, and else not', (name) => {
    const { folder, lazyModules } = bundleOf(name);
    expect(existsSync(join(folder, 's3-client.mjs'))).toBe(keepsBodies(name));
    expect(lazyModules.some((module) => module.includes('@aws-sdk/client-s3/'))).toBe(keepsBodies(name));
  });

  test.each(names)('%s has the client of SQS beside its code if it sends messages, and else not', (name) => {
    const { folder, lazyModules } = bundleOf(name);
    expect(existsSync(join(folder, 'sqs-client.mjs'))).toBe(sends(name));
    expect(lazyModules.some((module) => module.includes('@aws-sdk/client-sqs/'))).toBe(sends(name));
    expect(holds(name, '@aws-sdk/client-sqs')).toBe(false);
  });

  test.each(names)('%s has the translation of responses beside its code if it asks models, and else not', (name) => {
    const { folder, modules } = bundleOf(name);
    expect(existsSync(join(folder, 'translation.mjs'))).toBe(callsProviders(name));
    expect(modules).not.toContain('shared/responses/chat-request.ts');
  });

  test.each(names)('%s has beside its code what makes logged content if it asks models, and else not', (name) => {
    const { folder, modules } = bundleOf(name);
    expect(isLogged(name)).toBe(callsProviders(name));
    expect(existsSync(join(folder, 'log-call.mjs'))).toBe(isLogged(name));
    expect(modules).not.toContain('shared/request-log/redacted-json.ts');
  });

  test('logs a call by itself, and seals what was said in it', async () => {
    const script = `
      const { logCall } = await import('./log-call.mjs');
      const told = [];
      const deps = {
        hasContentKey: true,
        inbox: { put: async (key, sealed) => told.push(key, Buffer.from(sealed).includes('harbour')) },
        queue: { send: async ({ content }) => told.push(content) },
        newId: () => 'log_1',
        newNonce: () => Buffer.alloc(12),
      };
      const answer = { bytes: Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"harbour"}}]}'), isStream: true, isCut: false };
      await logCall(deps, {
        record: { receivedAtMs: 0, report: {} },
        caller: { projectId: 'proj_1', policy: { contentSecret: 'secret' } },
        policy: { mode: 'content', retentionDays: 1, include: ['request', 'response'] },
        request: { input: 'harbour' },
        answer,
      });
      process.stdout.write(told.join());
    `;
    const { stdout } = await inNode(script, bundleOf('moderations').folder);
    expect(stdout).toBe('request-log-inbox/proj_1/log_1,false,sealed');
  });

  test('says what it has to say of a request without an error of the gateway’s, which would be another class there', async () => {
    const script = `
      const { translation } = await import('./translation.mjs');
      const { kind, param } = translation.chatRequestOf({ model: 'm', input: 'Hi', tools: [{ type: 'mcp' }] });
      process.stdout.write(kind + ' ' + param);
    `;
    const { stdout } = await inNode(script, bundleOf('chat-completions').folder);
    expect(stdout).toBe('refused tools[0].type');
  });

  test.each(names)('%s has tiktoken and its encodings beside its code if it counts tokens, and else not', (name) => {
    const { folder, lazyModules } = bundleOf(name);
    expect(tokenFiles.filter((file) => existsSync(join(folder, file)))).toEqual(counts(name) ? tokenFiles : []);
    expect(lazyModules.some((module) => module.includes('node_modules/tiktoken/'))).toBe(counts(name));
    expect(holds(name, 'tiktoken')).toBe(false);
  });

  test.each(names.filter(counts))('%s counts with what lies beside its code', async (name) => {
    const { folder } = bundleOf(name);
    const script = `
      const { loadTiktoken } = await import('./tiktoken.mjs');
      const Tiktoken = await loadTiktoken();
      for (const file of ['./o200k-base.mjs', './cl100k-base.mjs']) {
        const { ranks } = await import(file);
        const encoder = new Tiktoken(ranks.bpe_ranks, ranks.special_tokens, ranks.pat_str);
        console.log(encoder.encode_ordinary('hello world').join());
      }
    `;
    expect((await inNode(script, folder)).stdout).toBe('24912,2375\n15339,1917\n');
  });

  test.each(names)('%s has beside its code what tools need if it runs them, and at its start none of it', (name) => {
    const { lazyModules } = bundleOf(name);
    const has = (packageName: string) => lazyModules.some((module) => module.includes(`node_modules/${packageName}/`));
    expect(has('@aws-sdk/client-lambda')).toBe(runsTools(name));
    expect([has('ipaddr.js'), has('ajv')]).toEqual([checksTools(name), checksTools(name)]);
    for (const late of ['@aws-sdk/client-lambda', 'ipaddr.js', 'ajv']) expect(holds(name, late)).toBe(false);
  });

  test('calls a function with the client that lies beside the code', async () => {
    const script = `
      import { createServer } from 'node:http';
      const { LambdaClient, InvokeCommand } = await import('./lambda-client.mjs');
      const lambda = createServer((request, response) => response.end('"an answer"')).listen(0, '127.0.0.1', async () => {
        const client = new LambdaClient({
          region: 'eu-central-1',
          credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
          endpoint: 'http://127.0.0.1:' + lambda.address().port,
        });
        const { Payload } = await client.send(new InvokeCommand({ FunctionName: 'weather', Payload: '{}' }));
        process.stdout.write(Buffer.from(Payload).toString());
        process.exit();
      });
    `;
    expect((await inNode(script, bundleOf('tool-execute').folder)).stdout).toBe('"an answer"');
  });

  test('knows a private address by what lies beside the code', async () => {
    const script = `
      const { isPublicAddress } = await import('./address-range.mjs');
      process.stdout.write(['1.1.1.1', '10.0.0.1', '::ffff:1.1.1.1'].map(isPublicAddress).join());
    `;
    expect((await inNode(script, bundleOf('tools').folder)).stdout).toBe('true,false,false');
  });

  test('is asked for under the name that its file has', () => {
    for (const name of names.filter(keepsBodies)) {
      const { folder } = bundleOf(name);
      expect(readFileSync(join(folder, 'index.mjs'), 'utf8')).toContain('import("./s3-client.mjs")');
    }
  });

  test('stands by itself: what it puts into a bucket it gets back', async () => {
    const { folder } = bundleOf('chat-completions');
    const script = `
      import { createServer } from 'node:http';
      const { S3Client, PutObjectCommand, GetObjectCommand } = await import('./s3-client.mjs');
      let body;
      const bucket = createServer(async (request, response) => {
        if (request.method === 'GET') return response.end(body);
        body = Buffer.concat(await Array.fromAsync(request));
        response.end();
      }).listen(0, '127.0.0.1', async () => {
        const client = new S3Client({
          region: 'eu-central-1',
          credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
          endpoint: 'http://127.0.0.1:' + bucket.address().port,
        });
        await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'key', Body: Buffer.from('a body') }));
        const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }));
        process.stdout.write(await Body.transformToString());
        process.exit();
      });
    `;
    const { stdout } = await inNode(script, folder);
    expect(stdout).toBe('a body');
  });
});

test.each(names)('%s holds neither the chain of credential providers nor other languages than English', (name) => {
  expect(holds(name, '@aws-sdk/nested-clients')).toBe(false);
  expect(holds(name, '@aws-sdk/credential-provider-sso')).toBe(false);
  expect(bundleOf(name).modules.filter((module) => /zod\/v4\/locales\/(?!en\.js)/.test(module))).toEqual([]);
});

test('the configuration lies beside the code that reads it, and beside no other', () => {
  const readers = [
    'chat-completions',
    'responses',
    'background-responses',
    'batch-lanes',
    'input-tokens',
    'embeddings',
    'moderations',
    'models',
    'models-retrieve',
    'batches',
    'conversations',
    'conversation-items',
    'rate-limits',
    'circuits',
    'context-policy',
    'request-log-policy',
    'projects',
    'safety-policy',
    'context-policy',
    'sweep',
    'organization-health',
    'tool-execute',
    'tools',
    'usage-rerate',
  ];
  for (const name of names) {
    expect([name, existsSync(join(bundleOf(name).folder, resolvedConfigFile))]).toEqual([name, readers.includes(name)]);
  }
  const written: unknown = JSON.parse(readFileSync(join(bundleOf('models').folder, resolvedConfigFile), 'utf8'));
  expect(resolvedConfigSchema.parse(written).builtAt).toBe(Date.parse('2026-11-22T00:00:00Z') / 1000);
});

test('a folder holds its code and its configuration, and nothing of the machine that built it', () => {
  for (const name of names) {
    const { folder } = bundleOf(name);
    const files = readdirSync(folder).filter((file) => file !== resolvedConfigFile);
    const lazy = [
      ...(checksHealth(name) ? ['cloudwatch-client.mjs'] : []),
      ...(keepsBodies(name) ? ['s3-client.mjs'] : []),
      ...(sends(name) ? ['sqs-client.mjs'] : []),
      ...(isLogged(name) ? ['log-call.mjs'] : []),
      ...(callsProviders(name) ? ['translation.mjs', 'injection-detector.mjs'] : []),
      ...(counts(name) ? tokenFiles : []),
      ...(checksTools(name) ? ['address-range.mjs', 'schema-compiler.mjs'] : []),
      ...(runsTools(name) ? ['lambda-client.mjs'] : []),
    ];
    expect(files.sort()).toEqual(['index.mjs', ...lazy].sort());
    for (const file of files) expect(readFileSync(join(folder, file), 'utf8')).not.toContain(process.cwd());
  }
});

test('the hash follows the code and the configuration, and not the time', async () => {
  const again = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  try {
    const later = await bundleFunctions(again, config('2026-11-22T00:00:01Z'));
    expect(Object.values(later).map(({ hash }) => hash)).toEqual(Object.values(bundles).map(({ hash }) => hash));
    const { providers, ...rest } = config('2026-11-22T00:00:00Z');
    const moved = await bundleFunctions(again, { ...rest, providers: { ...providers, other: { kind: 'demo' } } });
    expect(moved['models']?.hash).not.toBe(bundles['models']?.hash);
    expect(moved['usage']?.hash).toBe(bundles['usage']?.hash);
  } finally {
    rmSync(again, { recursive: true, force: true });
  }
}, 60_000);
