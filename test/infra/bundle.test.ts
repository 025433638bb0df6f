/** What Lambda is given: how large it is, and what is not in it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bundles, bundleFunctions, resolvedConfigFile } from '../../infra/build/bundle.ts';
import { readConfig, resolveConfig } from '../../infra/build/resolve-config.ts';
import { routes } from '../../infra/routes.ts';
import { type Schedule, schedules } from '../../infra/schedules.ts';
import { resolvedConfigSchema } from '../../shared/catalogue/resolved-config.ts';
import type { Route } from '../../shared/http/route.ts';

const outdir = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
const config = (now: string) => resolveConfig(readConfig('sluice.json'), { now: new Date(now) });

let bundles: Bundles;
beforeAll(async () => {
  bundles = await bundleFunctions(outdir, config('2026-11-22T00:00:00Z'));
}, 60_000);
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const all: readonly Route[] = routes;
const scheduled: readonly Schedule[] = schedules;
const names = [...new Set([...all, ...scheduled].map((caller) => caller.function))];
const callsProviders = (name: string) => all.some((route) => route.function === name && route.providers);
const needsStore = (name: string) =>
  all.some((route) => route.function === name && route.audience !== 'anyone') ||
  scheduled.some((schedule) => schedule.function === name);

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

test.each(names)('%s is at most 1.2 MB', (name) => {
  expect(bundleOf(name).bytes).toBeLessThan(1_200_000);
});

test.each(['models', 'health'])('%s is at most 400 kB', (name) => {
  expect(bundleOf(name).bytes).toBeLessThan(400_000);
});

test.each(names.filter((name) => !callsProviders(name)))('%s does not hold the openai package', (name) => {
  expect(holds(name, 'openai')).toBe(false);
});

test.each(names.filter((name) => !needsStore(name)))('%s does not hold the AWS SDK', (name) => {
  expect(holds(name, '@aws-sdk/client-dynamodb')).toBe(false);
  expect(holds(name, '@aws-sdk/client-secrets-manager')).toBe(false);
});

test.each(names)(
  '%s holds the clients of SNS and S3 only if its schedule or its routes say that it needs them',
  (name) => {
    const called = scheduled.filter((schedule) => schedule.function === name);
    if (!called.some(({ publishes }) => publishes)) expect(holds(name, '@aws-sdk/client-sns')).toBe(false);
    const keepsBodies = all.some((route) => route.function === name && route.bodies);
    if (!keepsBodies && !called.some(({ bucket }) => bucket)) expect(holds(name, '@aws-sdk/client-s3')).toBe(false);
  },
);

test.each(names)('%s holds neither the chain of credential providers nor other languages than English', (name) => {
  expect(holds(name, '@aws-sdk/nested-clients')).toBe(false);
  expect(holds(name, '@aws-sdk/credential-provider-sso')).toBe(false);
  expect(bundleOf(name).modules.filter((module) => /zod\/v4\/locales\/(?!en\.js)/.test(module))).toEqual([]);
});

test('the configuration lies beside the code that reads it, and beside no other', () => {
  const readers = [
    'chat-completions',
    'embeddings',
    'moderations',
    'models',
    'models-retrieve',
    'rate-limits',
    'circuits',
    'projects',
    'sweep',
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
    const files = readdirSync(bundleOf(name).folder).filter((file) => file !== resolvedConfigFile);
    expect(files).toEqual(['index.mjs']);
    expect(readFileSync(join(bundleOf(name).folder, 'index.mjs'), 'utf8')).not.toContain(process.cwd());
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
