/** docs/runbooks: a page for each alarm, and nothing in them that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type AlarmDefinition, alarmDefinitions, runbookOf } from '../infra/alarms.ts';
import { publishedSchema } from '../infra/build/published-schema.ts';
import { queues } from '../infra/queues.ts';
import { routes } from '../infra/routes.ts';
import { metricDefinitions, metricNamespace } from '../shared/observability/metric-definitions.ts';
import { tableNames } from '../shared/tables.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/runbooks');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const definitions = alarmDefinitions({ violationAlarm: 1, firstByteAlarm: 1 });
const index = 'README.md';
const files = readdirSync(folder);
const pages = files.map((name) => ({ name, text: read(join('docs/runbooks', name)) }));
const runbooks = pages.filter(({ name }) => name !== index);

const sources = ['shared', 'functions', 'infra'].flatMap((part) =>
  readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(part, name))),
);
const words = new Set(sources.flatMap((source) => source.match(/\w+/g) ?? []));
const logged = new Set(
  sources.flatMap((source) =>
    [...source.matchAll(/\blog\.(?:info|warn|error)\(\s*'([^']+)'/g)].map(([, line]) => line),
  ),
);

/** The name of its file in camel case. */
const titleOf = (definition: AlarmDefinition): string =>
  (/([\w-]+)\.md$/.exec(runbookOf(definition))?.[1] ?? '')
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found);
/** Queries of the log, which are fenced without a language. */
const fenced = (text: string): string[] => all(text.replace(/```bash\n[\s\S]*?```/g, ''), /```\n([\s\S]*?)```/g);
/** In backticks, within a line. */
const quoted = (text: string): string[] => all(text.replace(/```[\s\S]*?```/g, ''), /`([^`\n]+)`/g);

test('each alarm has a runbook, and each runbook an alarm', () => {
  expect(runbooks.map(({ name }) => `docs/runbooks/${name}`).sort()).toEqual([
    ...new Set(definitions.map(runbookOf).sort()),
  ]);
});

test('the first page lists them, with which are essential', () => {
  const rows = [...read('docs/runbooks/README.md').matchAll(/^\| \[(\w+)\]\(([\w-]+\.md)\) \| (yes)? ?\|$/gm)];
  const listed = new Map(
    definitions
      .toSorted((one, other) => Number(other.essential) - Number(one.essential))
      .map((definition) => [titleOf(definition), [runbookOf(definition), definition.essential]]),
  );
  expect(rows.map(([, title, file, yes]) => [title, [`docs/runbooks/${file}`, yes === 'yes']])).toEqual([...listed]);
});

test('the runbook of queues names each of them', () => {
  const text = read('docs/runbooks/queue-dead-letters.md');
  expect(queues.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});

test.each(definitions)(
  'the runbook of $name says what it means, how to see it, what to do and when it is over',
  (definition) => {
    const text = read(runbookOf(definition));
    expect(text.startsWith(`# ${titleOf(definition)}\n`)).toBe(true);
    expect(all(text, /^## (.+)$/gm)).toEqual(['What it means', 'How to see it', 'What to do', 'When it is over']);
    expect(text).not.toMatch(/## [^\n]+\n\n*(?:##|$)/);
  },
);

describe.each(pages)('what $name names is there', ({ text }) => {
  test('routes', () => {
    const known = routes.map(({ method, path }) => `${method} /v1${path}`);
    const named = quoted(text).filter((words_) => /^(?:GET|POST|DELETE|PUT) /.test(words_));
    expect(named.filter((route) => !known.includes(route))).toEqual([]);
  });

  test('log lines', () => {
    const asked = fenced(text).flatMap((query) => [
      ...all(query, /message = "([^"]+)"/g),
      ...all(query, /message in \[([^\]]+)\]/g).flatMap((list) => all(list, /"([^"]+)"/g)),
    ]);
    const told = all(text, /\blog line `([^`]+)`/g);
    expect([...asked, ...told].filter((line) => !logged.has(line))).toEqual([]);
  });

  test('fields of log lines', () => {
    const ours = fenced(text).map((query) => query.replace(/"[^"]*"|\/[^/\n]*\/|@\w+|\bas \w+/g, ''));
    const known = /^(?:filter|stats|sort|display|limit|count|sum|pct|by|desc|and|or|not|in|like|as|ispresent|\d+)$/;
    const aliases = new Set(fenced(text).flatMap((query) => all(query, /\bas (\w+)/g)));
    const fields = ours.flatMap((query) => query.match(/\w+/g) ?? []).filter((word) => !known.test(word));
    expect(fields.filter((field) => !words.has(field) && !aliases.has(field))).toEqual([]);
  });

  test('metrics, alarms and outputs', () => {
    const aws = [
      'AccessDenied',
      'ConcurrentExecutions',
      'REPORT',
      'SuccessfulRequestLatency',
      'SystemErrors',
      'ThrottledRequests',
      'Throttles',
    ];
    const tables = tableNames.map((name) => `Tables${name}`);
    const known = [
      metricNamespace,
      ...Object.keys(metricDefinitions),
      ...definitions.flatMap((one) => [one.name, titleOf(one)]),
      ...tables,
      ...aws,
    ];
    const named = quoted(text).filter((word) => /^[A-Z][A-Za-z]+$/.test(word) && !word.endsWith('Exception'));
    const outputs = read('infra/constructs/outputs.ts');
    expect(named.filter((name) => !known.includes(name) && !new RegExp(`\\b${name}\\b`).test(outputs))).toEqual([]);
  });

  test('settings, causes and names of the API', () => {
    const schema = JSON.parse(publishedSchema()) as Schema;
    const paths = quoted(text).filter((word) => /^[a-z]\w*(?:\.[a-z]\w*)+$/.test(word));
    expect(paths.filter((path) => !isIn(schema, path.split('.')))).toEqual([]);
    const names = quoted(text).filter((word) => /^[a-z]+(?:[A-Z_][a-z]+)+$/.test(word));
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });

  test('context', () => {
    const deployment = read('infra/deployment.ts');
    expect(all(text, /-c (\w+)=/g).filter((name) => !deployment.includes(`context('${name}')`))).toEqual([]);
  });

  test('other pages and files', () => {
    const links = all(text, /\]\(([^)]+)\)/g);
    for (const link of links) expect(() => read(join('docs/runbooks', link))).not.toThrow();
  });
});

type Schema = { readonly properties?: Readonly<Record<string, Schema>> };
const isIn = (schema: Schema | undefined, [first, ...rest]: readonly string[]): boolean =>
  first === undefined
    ? schema !== undefined
    : isIn(schema?.properties?.[first] ?? undefined, rest) && schema !== undefined;
