/**
 * `node bench/guarded-streams.ts`: by how much a guard delays a live stream, and what it costs. Writes
 * bench/guarded-streams.md; takes about 40 seconds. A provider is made up that says a token each 10 ms, as fast ones do.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedactor } from '../shared/redaction/redactor.ts';
import { guardedStream } from '../shared/safety/guarded-stream.ts';
import type { OutputGuard } from '../shared/safety/output-guard.ts';
import { root } from './child.ts';
import { machine, watchPressure } from './machine.ts';
import { table } from './markdown.ts';
import { median, percentile } from './statistics.ts';

const tokenEveryMs = 10;
const tokens = 400;

const prose =
  'The committee met on Tuesday to look at the figures of the last quarter. Sales had grown in every region but one, and nobody could say why. ' +
  'It was agreed to ask those who know the market best! A report is expected in two weeks, and it will be short. ';
const unending = 'and then there was another one, which was followed by one more ';

/** Words of a text without end, each with the space before it, as tokens have it. */
const tokensOf = (text: string, count: number): string[] => {
  const words = text.trim().split(/(?= )/);
  return Array.from({ length: count }, (_, index) => words[index % words.length] ?? '');
};

const frameOf = (delta: object, finish: string | null = null): Buffer =>
  Buffer.from(
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`,
  );
const done = Buffer.from('data: [DONE]\n\n');
const framesOf = (text: string, count: number): Buffer[] => [
  frameOf({ role: 'assistant', content: '' }),
  ...tokensOf(text, count).map((content) => frameOf({ content })),
  frameOf({}, 'stop'),
  done,
];

const off: OutputGuard = { moderation: null, redaction: null, restore: null };
const kinds = ['secrets', 'email', 'phone', 'credit_card', 'iban', 'ssn', 'ip'] as const;
const redacting = (): OutputGuard => ({ ...off, redaction: { kinds, redactor: createRedactor(kinds) } });
const moderating = (windowChars: number, checkMs: number, holdsBack = true): OutputGuard => ({
  ...off,
  moderation: {
    check: async () => {
      if (checkMs > 0) await sleep(checkMs);
      return 'cleared';
    },
    holdsBack,
    windowChars,
  },
});

type Delays = { readonly first: number; readonly median: number; readonly p95: number; readonly most: number };

/** How long each token was held, from when the provider said it. */
async function delays(text: string, guard: OutputGuard): Promise<Delays> {
  const saidAt: number[] = [];
  async function* provider(): AsyncGenerator<Uint8Array> {
    const startedAt = performance.now();
    for (const [index, frame] of framesOf(text, tokens).entries()) {
      const waitMs = startedAt + index * tokenEveryMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      saidAt.push(performance.now());
      yield frame;
    }
  }
  const heldMs: number[] = [];
  for await (const chunk of guardedStream(provider(), guard, { dialect: 'chat', onRefused: () => {} })) {
    const frames = Buffer.from(chunk).toString('latin1').split('\n\n').length - 1;
    for (let frame = 0; frame < frames; frame++) heldMs.push(performance.now() - (saidAt[heldMs.length] ?? 0));
  }
  // The first frame only says who speaks; the last two say no more than that it is over.
  const ofTokens = heldMs.slice(1, -2);
  return {
    first: ofTokens[0] ?? Number.NaN,
    median: median(ofTokens),
    p95: percentile(ofTokens, 0.95),
    most: Math.max(...ofTokens),
  };
}

const inMs = (ms: number): string => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
const cells = ({ first, median, p95, most }: Delays): string[] => [first, median, p95, most].map(inMs);

type Case = readonly [name: string, text: string, guard: OutputGuard];
const texts = [
  ['sentences', prose],
  ['no sentence ends', unending],
] as const;
const cases: Case[] = [
  ['nothing on', prose, off],
  ['redaction, all kinds', prose, redacting()],
  ['flags, checks of 200 ms', prose, moderating(240, 200, false)],
  ...texts.flatMap(([name, text]) =>
    [80, 240, 800, 2_000].flatMap((window) =>
      [0, 50, 200].map(
        (checkMs): Case => [`${name}, window ${window}, checks of ${checkMs} ms`, text, moderating(window, checkMs)],
      ),
    ),
  ),
];

/** Several at a time: they wait far more than they work. */
async function allDelays(): Promise<string[][]> {
  const rows: string[][] = [];
  for (let next = 0; next < cases.length; next += 9) {
    const together = cases.slice(next, next + 9);
    rows.push(
      ...(await Promise.all(together.map(async ([name, text, guard]) => [name, ...cells(await delays(text, guard))]))),
    );
  }
  return rows;
}

const chunks = 20_000;

/** Microseconds of processor for each chunk, the best of some rounds: others' work only adds. */
async function cost(guard: () => OutputGuard, guardIt = true): Promise<number> {
  const frames = framesOf(prose, chunks);
  const rounds: number[] = [];
  for (let round = 0; round < 4; round++) {
    async function* provider(): AsyncGenerator<Uint8Array> {
      for (const frame of frames) yield frame;
    }
    const stream = guardIt ? guardedStream(provider(), guard(), { dialect: 'chat', onRefused: () => {} }) : provider();
    const before = process.cpuUsage();
    for await (const chunk of stream) if (chunk.length === 0) throw new Error('An empty chunk.');
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / frames.length);
  }
  return Math.min(...rounds);
}

const pressure = watchPressure();
const delayed = await allDelays();
const costs: [string, number][] = [
  ['not guarded', await cost(() => off, false)],
  ['nothing on', await cost(() => off)],
  ['redaction, all kinds', await cost(redacting)],
  ['moderation, window 240, without the check itself', await cost(() => moderating(240, 0))],
  ['both', await cost(() => ({ ...redacting(), moderation: moderating(240, 0).moderation }))],
];
const { cpu, cores, node } = machine();
const page = `# What guarding a live stream costs

On ${cpu}, ${cores} cores, Node ${node}, shared with other work (somebody waited for a processor in ${(pressure() * 100).toFixed(0)} % of the time). Made by
\`node bench/guarded-streams.ts\`. A provider says a token each ${tokenEveryMs} ms, ${tokens} of them; sentences have about 60 characters. Delays are from when it has
said a token to when the caller has it, in milliseconds. Without moderation no token waits for anything but the next one.

${table(['guard', 'first token', 'median', '95 %', 'most'], delayed)}

A sentence that ends sooner than a window is full is checked at once, so the window's size matters only where no sentence ends. Checks
go on while the text flows: their time is added once, and not for each window. The last token of a sentence waits for the next one, in
which the space is that ends the sentence.

Processor time, for each chunk of a stream:

${table(
  ['guard', 'µs a chunk'],
  costs.map(([name, microseconds]) => [name, microseconds.toFixed(1)]),
)}

\`nothing on\` is what reading and writing each chunk anew costs; a stream for which the policy has nothing to do is not guarded at all.
`;
writeFileSync(join(root, 'bench/guarded-streams.md'), page);
process.stdout.write(page);
