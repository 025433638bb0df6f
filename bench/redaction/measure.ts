/**
 * What redaction finds and what it touches by mistake, on texts that are not part of this repository:
 * `node bench/redaction/measure.ts <folder>` reads `pii-dev.jsonl` and `injection-dev.jsonl` there and writes bench/redaction.md.
 * `--show <kind>` prints what was missed and what was found without being labelled.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { entitiesIn } from '../../shared/redaction/entities.ts';
import { type EntityKind, entityKinds } from '../../shared/redaction/entity.ts';
import { createRedactedParts } from '../../shared/redaction/redacted-parts.ts';
import { createRedactor } from '../../shared/redaction/redactor.ts';
import { table } from '../markdown.ts';

type Row = {
  readonly text: string;
  readonly source?: string;
  readonly label?: string;
  readonly spans?: readonly (readonly [string, number, number])[];
};

/** Some rows hold raw control characters, which JSON.parse refuses. */
const parsed = (line: string): Row[] => {
  const escaped = Array.from(line, (character) =>
    character < ' ' ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character,
  ).join('');
  try {
    return [JSON.parse(escaped) as Row];
  } catch {
    return [];
  }
};

const rowsOf = (file: string): Row[] => readFileSync(file, 'utf8').split('\n').flatMap(parsed);

/** Offsets of the labels are of code points. */
const unitsOf = (text: string, codePoints: number): number => Array.from(text).slice(0, codePoints).join('').length;

const labelled: Readonly<Record<string, EntityKind>> = {
  EMAIL_ADDRESS: 'email',
  US_SSN: 'ssn',
  CREDIT_CARD: 'credit_card',
  IBAN_CODE: 'iban',
  PHONE_NUMBER: 'phone',
  IP_ADDRESS: 'ip',
};

const [folder = '', flag, shown] = process.argv.slice(2);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);

const people = rowsOf(join(folder, 'pii-dev.jsonl'));
const prompts = rowsOf(join(folder, 'injection-dev.jsonl'));

type Tally = { spans: number; covered: number; touched: number; unlabelled: number };
const tallies = new Map<EntityKind, Tally>(
  Object.values(labelled).map((kind) => [kind, { spans: 0, covered: 0, touched: 0, unlabelled: 0 }]),
);
for (const { text, spans = [] } of people) {
  const found = entitiesIn(text, entityKinds);
  const wanted = spans.map(([type, start, end]) => ({ type, start: unitsOf(text, start), end: unitsOf(text, end) }));
  for (const { type, start, end } of wanted) {
    const kind = labelled[type];
    const tally = kind && tallies.get(kind);
    if (!tally) continue;
    tally.spans++;
    const over = found.filter((entity) => entity.start < end && entity.end > start);
    if (over.some((entity) => entity.kind === kind && entity.start <= start && entity.end >= end)) tally.covered++;
    else if (flag === '--show' && shown === kind)
      print(
        `missed: ${JSON.stringify(text.slice(start - 40, end + 20))} (${text.slice(start, end)}) ${JSON.stringify(over)}`,
      );
    if (over.some((entity) => entity.kind === kind)) tally.touched++;
  }
  for (const { kind, start, end } of found) {
    if (wanted.some((span) => labelled[span.type] === kind && span.start < end && span.end > start)) continue;
    const tally = tallies.get(kind);
    if (tally) tally.unlabelled++;
    if (flag === '--show' && shown === kind)
      print(`unlabelled: ${JSON.stringify(text.slice(start - 30, end + 10))} (${text.slice(start, end)})`);
  }
}

const sources = [...new Set(prompts.map(({ source = '' }) => source))].sort();
const bySource = sources.map((source) => {
  const rows = prompts.filter((row) => row.source === source);
  const touched = new Map<EntityKind, number>();
  let any = 0;
  for (const { text } of rows) {
    const found = entitiesIn(text, entityKinds);
    if (found.length > 0) any++;
    for (const kind of new Set(found.map((entity) => entity.kind))) touched.set(kind, (touched.get(kind) ?? 0) + 1);
    if (flag === '--show' && (shown === source || shown === 'prompts')) {
      for (const { kind, start, end } of found)
        print(
          `${source.slice(0, 24)} ${kind}: ${JSON.stringify(text.slice(Math.max(0, start - 40), end + 10))} (${text.slice(start, end)})`,
        );
    }
  }
  return { source, rows: rows.length, any, touched };
});

/** The best of five, since other work only adds. */
function microsecondsPerKilobyte(texts: readonly string[], kinds: readonly EntityKind[]): number {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const runs = [1, 2, 3, 4, 5].map(() => {
    const begun = process.hrtime.bigint();
    for (const text of texts) entitiesIn(text, kinds);
    return Number(process.hrtime.bigint() - begun) / 1_000;
  });
  return (Math.min(...runs) * 1_024) / bytes;
}

/** Characters that are held on average, when four come at a time. */
function held(texts: readonly string[]): { readonly mean: number; readonly most: number } {
  let sum = 0;
  let count = 0;
  let most = 0;
  for (const text of texts) {
    const partsOf = createRedactedParts(createRedactor(entityKinds), entityKinds);
    for (let to = 4; to < text.length; to += 4) {
      const undecided = to - partsOf(text.slice(to - 4, to), false).decided;
      sum += undecided;
      most = Math.max(most, undecided);
      count++;
    }
  }
  return { mean: count === 0 ? 0 : sum / count, most };
}

const textsOf = (pattern: RegExp): string[] =>
  prompts
    .filter(({ source = '' }) => pattern.test(source))
    .slice(0, 150)
    .map(({ text }) => text.slice(0, 4_000));
const english = textsOf(/arena-hard|security docs/);
const code = textsOf(/^code chunks/);
const json = code.map((text) =>
  JSON.stringify({ path: 'src/index.ts', edits: text.split('\n').map((line, at) => ({ line: at, text: line })) }),
);

const rates = table(
  ['kind', 'labelled', 'found', 'found in part', 'found, but not labelled so'],
  [...tallies].map(([kind, tally]) => [
    kind,
    `${tally.spans}`,
    percent(tally.covered, tally.spans),
    percent(tally.touched, tally.spans),
    `${tally.unlabelled}`,
  ]),
);
const alarms = table(
  ['source', 'texts', 'touched', ...entityKinds],
  bySource.map(({ source, rows, any, touched }) => [
    source,
    `${rows}`,
    percent(any, rows),
    ...entityKinds.map((kind) => `${touched.get(kind) ?? 0}`),
  ]),
);
const costs = table(
  ['text', 'µs per kB', 'secrets only', 'held, mean', 'held, most'],
  (
    [
      ['English (arena-hard, security documentation)', english],
      ['source code', code],
      ['source code within JSON', json],
    ] as const
  ).map(([name, texts]) => {
    const { mean, most } = held(texts);
    return [
      name,
      microsecondsPerKilobyte(texts, entityKinds).toFixed(0),
      microsecondsPerKilobyte(texts, ['secrets']).toFixed(0),
      mean.toFixed(1),
      `${most}`,
    ];
  }),
);

const page = `# Redaction, measured

Written by \`node bench/redaction/measure.ts <folder>\` on Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'an unknown processor'}. The texts are not part of this
repository: \`pii-dev.jsonl\` is from microsoft/presidio-research (MIT; ${people.length} texts with made-up people), the others are ${prompts.length} prompts and attacks from
public collections, which hold hardly any personal data, so that nearly all that is touched there is a false alarm. The patterns were tuned on both: on other texts expect less.

## What is found

A span counts as found when all of it is replaced as that kind.

${rates}

## What is touched

Share of texts in which anything is replaced with all kinds on, and the number of texts by kind. Attacks quote made-up addresses on purpose.

${alarms}

## What it costs

All kinds, the best of five runs; characters that a stream holds back while four come at a time.

${costs}
`;
print(page);
if (flag === undefined) writeFileSync(resolve(import.meta.dirname, '..', 'redaction.md'), page);
