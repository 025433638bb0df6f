/** What the shipped detector finds, and what it alarms about in vain: `node bench/injection/measure.ts <folder with injection-dev.jsonl>`, writes bench/injection.md. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectInjection } from '../../shared/injection/detector.ts';
import { injectionVersion } from '../../shared/injection/version.ts';
import { table } from '../markdown.ts';
import { disguises } from './disguises.ts';
import { type Row, readRows } from './rows.ts';

const threshold = 0.5;
const root = join(import.meta.dirname, '../..');
const rows = readRows(process.argv[2] ?? '.');
const found = (text: string): boolean => detectInjection(text).score >= threshold;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

type Judged = Row & { readonly found: boolean };
const judged: readonly Judged[] = rows.map((row) => ({ ...row, found: found(row.text) }));

const groups = (of: readonly Judged[], name: (row: Judged) => string): [string, Judged[]][] =>
  [...Map.groupBy(of, name)].sort(([a], [b]) => (a < b ? -1 : 1));
const share = (of: readonly Judged[]): number => of.filter((row) => row.found).length / of.length;

const attacks = judged.filter(({ label }) => label === 'injection');
const benign = judged.filter(({ label }) => label === 'benign');

const perSource = (of: readonly Judged[], head: string): string =>
  table(
    ['family', 'source', 'n', head],
    groups(of, ({ family, source }) => `${family}|${source}`).map(([name, members]) => [
      ...name.split('|'),
      String(members.length),
      percent(share(members)),
    ]),
  );

/** Every sixth attack of each family is enough for a difference of points. */
function disguised(): string {
  const samples = groups(attacks, ({ family }) => family).map(([, members]) =>
    members.filter((_, index) => index % 6 === 0),
  );
  const macro = (hide: (text: string) => string): number =>
    mean(samples.map((members) => members.filter(({ text }) => found(hide(text))).length / members.length));
  const plain = macro((text) => text);
  return table(
    ['disguise', 'found (macro)', 'points lost'],
    [
      ['none', percent(plain), ''],
      ...disguises.map(([name, hide]) => {
        const hidden = macro(hide);
        return [name, percent(hidden), (100 * (plain - hidden)).toFixed(1)];
      }),
    ],
  );
}

/** Processor time, so that a busy machine counts less; the first round warms up. */
function microsecondsPerKilobyte(texts: readonly string[]): number {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  for (const text of texts) detectInjection(text);
  const before = process.cpuUsage();
  for (const text of texts) detectInjection(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (bytes / 1_000);
}

function speed(): string {
  const fourKilobytes =
    benign
      .map(({ text }) => text)
      .join('\n\n')
      .match(/[\s\S]{4000}/g) ?? [];
  const each = microsecondsPerKilobyte(fourKilobytes);
  return table(
    ['texts', 'µs per kB'],
    [
      ['all of the set', microsecondsPerKilobyte(rows.map(({ text }) => text)).toFixed(0)],
      [
        'real users’ prompts',
        microsecondsPerKilobyte(rows.filter(({ family }) => family === 'arena_hard').map(({ text }) => text)).toFixed(
          0,
        ),
      ],
      [`benign texts in pieces of 4 kB (${((each * 4) / 1_000).toFixed(2)} ms each)`, each.toFixed(0)],
    ],
  );
}

type HeldOut = {
  readonly kind: 'injection' | 'benign';
  readonly left_out: string;
  readonly whole_family: boolean;
  readonly n: number;
  readonly rate: number;
  readonly rules_alone: number;
  readonly users?: number;
  readonly hard?: number;
};
const heldOut = JSON.parse(readFileSync(join(import.meta.dirname, 'held-out.json'), 'utf8')) as HeldOut[];
const leftOut = (kind: HeldOut['kind']) => heldOut.filter((fold) => fold.kind === kind);
const families = leftOut('injection').filter(({ whole_family }) => whole_family);

function heldOutTable(): string {
  return table(
    ['left out of training', 'n', 'found', 'by the rules alone', 'false alarms on arena-hard', 'on hard negatives'],
    leftOut('injection').map(({ left_out, whole_family, n, rate, rules_alone, users = 0, hard = 0 }) => [
      whole_family ? `all of ${left_out}` : left_out,
      String(n),
      percent(rate),
      percent(rules_alone),
      percent(users),
      percent(hard),
    ]),
  );
}

/** What this repository's dependencies say of themselves: ordinary text that nothing was learnt from. The rules were corrected after reading alarms in it. */
function dependencies(): string {
  const pieces = [...globSync('node_modules/**/*.md', { cwd: root })].sort().flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8').slice(0, 40_000);
    return text.match(/[\s\S]{1,2000}/g) ?? [];
  });
  const alarms = pieces.filter(found).length;
  return `${alarms} of ${pieces.length} pieces of 2,000 characters (${percent(alarms / pieces.length)})`;
}

/** Short ones, so that a reader sees the kind at a glance. */
const missed = (family: string): string =>
  attacks
    .filter((row) => row.family === family && !row.found && row.text.length < 170 && !row.text.includes('\n'))
    .filter((_, index) => index % 9 === 0)
    .slice(0, 4)
    .map(({ text }) => `  - ${JSON.stringify(text)}`)
    .join('\n');

const weightBytes = Buffer.byteLength(readFileSync(join(root, 'shared/injection/weights.ts')));
const macroOf = (of: readonly Judged[]): number =>
  mean(groups(of, ({ family }) => family).map(([, members]) => share(members)));

writeFileSync(
  join(root, 'bench/injection.md'),
  `# What the injection detector finds

Written by \`node bench/injection/measure.ts <folder with injection-dev.jsonl>\`: version ${injectionVersion}, threshold ${threshold}, ${rows.length} texts. Sources and licences are in docs/adr/0050.
It is a tripwire, not a firewall: what it finds is worth refusing, and what it does not find is not thereby safe.

## In short
| | held out | in sample |
|---|---|---|
| attacks found, macro over families | ${percent(mean(families.map(({ rate }) => rate)))} | ${percent(macroOf(attacks))} |
| false alarms on real users' prompts (arena-hard) | ${percent(Math.max(...families.map(({ users = 0 }) => users)))} | ${percent(share(benign.filter(({ family }) => family === 'arena_hard')))} |
| false alarms on hand-written hard negatives | ${percent(Math.max(...families.map(({ hard = 0 }) => hard)))} | ${percent(share(benign.filter(({ family }) => family === 'handwritten')))} |
| false alarms on all benign texts | ${percent(leftOut('benign').reduce((sum, { n, rate }) => sum + n * rate, 0) / benign.length)} | ${percent(share(benign))} |

Weights: ${weightBytes} bytes as shipped.

**What "held out" holds, and what it does not.** The weights for letters were trained anew for each row of the table below, without that family or source, without
any real user's prompt and without the hard negatives (false alarms: the worst of the folds). The rules were written by hand by somebody who had read samples of every family, and were
corrected after false alarms in them; the threshold of the weights was chosen on these folds. So the figures for the rules are in sample, and unseen families will do worse.
What the rules are made of (verbs, objects, languages, delimiters) was written broader than the samples for that reason.

## Held out
${heldOutTable()}

Benign families left out of training:

${table(
  ['left out of training', 'n', 'false alarms', 'by the rules alone'],
  leftOut('benign').map(({ left_out, n, rate, rules_alone }) => [
    left_out,
    String(n),
    percent(rate),
    percent(rules_alone),
  ]),
)}

## In sample: attacks
${perSource(attacks, 'found')}

## In sample: ordinary texts
${perSource(benign, 'false alarms')}

Beyond the set: of the documentation and licences of this repository's own dependencies (\`node_modules/**/*.md\`) ${dependencies()} raise a false alarm.
Nothing was learnt from them, but rules were corrected after reading what alarmed.

## Disguises
The whole text is disguised. Of every sixth attack:

${disguised()}

## Time
Processor time on one core, warm. The first call builds the rules, about 10 to 20 ms.

${speed()}

## What it misses
- Orders that would be ordinary if the user gave them, hidden in a document ("How do solar panels work?" in an e-mail, BIPIA): nothing in the words tells who speaks.
- Personas without any mention of limits, and games that only describe a character (jailbreak_llms):
${missed('itw_jailbreak')}
- Questions that are hostile only to the application they were asked of (deepset), and role changes any user may ask for:
${missed('deepset')}
- Harmful requests in a polite frame (PAIR), which are what moderation is for, and optimised strings whose brackets happen to match (GCG):
${missed('jbb_optimised')}
- Words cut in two, synonyms of synonyms, languages beyond the fifteen or so of the lexicon, two layers of encoding, text in images.
- An attack that is quoted by somebody who seems to talk about attacks weighs less; so an attacker may pretend to.
`,
);
