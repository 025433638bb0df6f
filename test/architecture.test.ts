/** The house, as DESIGN has it: who may import what, and that every registry knows of every file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { publishedSchema } from '../infra/build/published-schema.ts';
import { type QueueDefinition, queues } from '../infra/queues.ts';
import { routes } from '../infra/routes.ts';
import { type Schedule, schedules } from '../infra/schedules.ts';
import { isMutation, type Route, tablesOf, touched } from '../shared/http/route.ts';
import { inputSchemas } from '../shared/openapi/input-schemas.ts';
import { tableNames } from '../shared/tables.ts';

const root = resolve(import.meta.dirname, '..');

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const source = (file: string): string => readFileSync(join(root, file), 'utf8');

const importsOf = (file: string): string[] =>
  [...source(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) =>
    specifier.startsWith('.') ? relative(root, resolve(root, file, '..', specifier)) : specifier,
  );

/** As what they are declared to be, for as long as the list is short. */
const scheduled: readonly Schedule[] = schedules;
const queued: readonly QueueDefinition[] = queues;
const shared = filesIn('shared');
const functions = filesIn('functions');
const infra = filesIn('infra');
const product = [...shared, ...functions, ...infra];

/** A package, where it may be imported, and why nowhere else. */
const allowed: [packageName: string, where: RegExp][] = [
  ['openai', /^shared\/providers\//],
  ['@middy/', /^shared\/middleware\//],
  ['@aws-lambda-powertools/batch', /^shared\/queues\/queue-handler/],
  ['@aws-lambda-powertools/', /^shared\/(observability|queues)\//],
  ['@aws-sdk/client-dynamodb', /^shared\/(dynamo\/|.*-store\.ts$)|^infra\/local\/create-tables\.ts$/],
  ['@aws-sdk/lib-dynamodb', /^shared\/(dynamo\/|deps\.ts$|.*-store\.ts$)/],
  ['@aws-sdk/client-cloudwatch', /^shared\/health\/cloudwatch-client\.ts$/],
  ['@aws-sdk/client-secrets-manager', /^shared\/secrets\//],
  ['@aws-sdk/client-sns', /^shared\/notifications\//],
  [
    '@aws-sdk/client-s3',
    /^shared\/(report\/s3-report-files|request-log\/s3-log-files|bodies\/s3-(bodies|client)|objects\/(s3-objects|presigned))\.ts$|^infra\/custom-resources\//,
  ],
  ['@aws-sdk/client-sqs', /^shared\/queues\/sqs-(queue|client)\.ts$/],
  ['@aws-sdk/client-lambda', /^shared\/tools\/(invoke-function|lambda-client)\.ts$/],
  ['ajv', /^shared\/structured\/(schema-compiler|counted-keyword|own-keywords|problem-lines)\.ts$/],
  ['re2js', /^shared\/structured\/schema-compiler\.ts$/],
  ['ipaddr.js', /^shared\/tools\/address-range\.ts$/],
  ['tiktoken', /^shared\/tokens\/|^infra\/build\/embedded-wasm\.ts$/],
  ['d3-', /^shared\/report\/chart\.ts$/],
  ['@pydantic/genai-prices', /^infra\/build\//],
  ['aws-cdk-lib', /^infra\/(app\.ts|gateway-stack\.ts|constructs\/)/],
];

describe('who may import what', () => {
  test.each(allowed)('%s is imported only where %s', (packageName, where) => {
    const importers = product.filter((file) => importsOf(file).some((name) => name.startsWith(packageName)));
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.filter((file) => !where.test(file))).toEqual([]);
  });

  test('shared knows nothing of functions or infra', () => {
    const wrong = shared.filter((file) => importsOf(file).some((name) => /^(functions|infra|test)\//.test(name)));
    expect(wrong).toEqual([]);
  });

  test('functions know only shared and the route table, and not each other', () => {
    const wrong = functions.flatMap((file) =>
      importsOf(file).filter((name) => !/^(shared\/|infra\/routes[./])/.test(name)),
    );
    expect(wrong).toEqual([]);
  });

  test('the product imports nothing of the tests', () => {
    expect(product.filter((file) => importsOf(file).some((name) => name.startsWith('test/')))).toEqual([]);
  });

  test('only the composition root and the functions wire adapters to ports', () => {
    const roots = [
      'shared/deps.ts',
      'shared/caller-deps.ts',
      'shared/background-deps.ts',
      'shared/batch-deps.ts',
      'shared/cache-deps.ts',
      'shared/control-plane-deps.ts',
      'shared/conversation-deps.ts',
      'shared/file-deps.ts',
      'shared/generation-deps.ts',
      'shared/health-deps.ts',
      'shared/local-queue-deps.ts',
      'shared/queue-deps.ts',
      'shared/repetition-deps.ts',
      'shared/request-log-deps.ts',
      'shared/safety-deps.ts',
      'shared/scheduled-deps.ts',
      'shared/tools-deps.ts',
    ];
    const adapters = shared.filter((file) => file.endsWith('-store.ts'));
    const wirers = shared.filter(
      (file) => !roots.includes(file) && /\bdynamo\w+Store\(/.test(source(file)) && !adapters.includes(file),
    );
    expect(wirers).toEqual([]);
  });
});

describe('time, chance and environment come from outside', () => {
  test('only deps.ts reads the clock', () => {
    const readers = [...shared, ...functions].filter((file) =>
      /\bDate\.now\b|new Date\(\)|performance\.now/.test(source(file)),
    );
    expect(readers).toEqual(['shared/deps.ts']);
  });

  test('only the functions name process.env, once each, and hand it over whole', () => {
    const named = [...shared, ...functions].filter((file) => /process\.env/.test(source(file)));
    expect(named.filter((file) => !file.startsWith('functions/'))).toEqual([]);
    expect(named.filter((file) => source(file).match(/process\.env/g)?.length !== 1)).toEqual([]);
  });

  test('only ids.ts draws random numbers', () => {
    const readers = [...shared, ...functions].filter((file) =>
      /Math\.random|randomInt|randomBytes|randomUUID/.test(source(file)),
    );
    expect(readers).toEqual(['shared/ids.ts']);
  });

  test('only streamed.ts writes to a Lambda stream', () => {
    const users = [...shared, ...functions].filter((file) =>
      /\bawslambda\./.test(source(file).replace(/\/\*\*[\s\S]*?\*\//g, '')),
    );
    expect(users).toEqual(['shared/http/streamed.ts']);
  });

  test('modules hold no mutable state (I10)', () => {
    const holders = [...shared, ...functions].filter((file) => /^(export )?(let|var) /m.test(source(file)));
    expect(holders).toEqual([]);
  });
});

describe('the registries are complete', () => {
  test('every function of the routes, the schedules and the queues is a file, and every file is in one of them', () => {
    const named = [...routes, ...scheduled, ...queued].map((caller) => `functions/${caller.function}.ts`);
    expect([...new Set(named)].sort()).toEqual([...functions].sort());
  });

  test('no function is called by more than one of them, and no schedule and no queue has the name of another', () => {
    const callers = [routes, scheduled, queued].flatMap((list) => [...new Set(list.map((caller) => caller.function))]);
    expect(new Set(callers).size).toBe(callers.length);
    for (const list of [scheduled, queued]) expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
  });

  test('every queue to which anybody sends has a function that works on its messages', () => {
    const sent = ([...routes, ...queued] as (Route | QueueDefinition)[]).flatMap((caller) => caller.queues ?? []);
    expect([...new Set(sent)].sort()).toEqual(queued.map(({ name }) => name).sort());
  });

  test('every operation has said what it reads', () => {
    expect(Object.keys(inputSchemas).sort()).toEqual(routes.map(({ operationId }) => operationId).sort());
  });

  test('no operation and no method and path comes twice', () => {
    expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length);
    expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
  });

  test('every route that needs a key names its scope, but the one that tells a key of itself', () => {
    const wrong = routes.filter(
      (route) => route.operationId !== 'retrieveKey' && (route.audience === 'anyone') === 'scope' in route,
    );
    expect(wrong).toEqual([]);
  });

  test('every mutation of the control plane has a name in the audit logs, and nothing else has', () => {
    const wrong = (routes as readonly Route[]).filter((route) => isMutation(route) === (route.audit === undefined));
    expect(wrong.map(({ operationId }) => operationId)).toEqual([]);
    const names = (routes as readonly Route[]).flatMap(({ audit }) => audit ?? []);
    expect(names.filter((name) => !/^[a-z_]+(\.[a-z_]+)+$/.test(name))).toEqual([]);
  });

  test('every table is touched by some route, schedule or queue', () => {
    const called = touched([...scheduled, ...queued].map(({ tables }) => tables));
    // Whoever only looks whether it answers has no use for it.
    const using = (routes as readonly Route[]).filter((route) => !route.checksHealth);
    const needed = [...tablesOf(using).keys(), ...called.keys()];
    expect([...new Set(needed)].sort()).toEqual([...tableNames].sort());
  });

  test('the published schema of sluice.json is the one that start and synth check with', () => {
    expect(source('sluice.schema.json')).toBe(publishedSchema());
  });
});

describe('how files look', () => {
  test('no file is over 250 lines', () => {
    const long = product.filter((file) => source(file).split('\n').length > 250);
    expect(long).toEqual([]);
  });

  test('file names are in kebab case', () => {
    const wrong = product.filter((file) => !/^[a-z0-9-]+\.ts$/.test(file.split('/').at(-1) ?? ''));
    expect(wrong).toEqual([]);
  });

  test('there are no barrels and no utils', () => {
    expect(product.filter((file) => /\/(index|utils?|helpers?|common)\.ts$/.test(file))).toEqual([]);
  });
});
