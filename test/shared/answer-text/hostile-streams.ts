/** Guards a megabyte of each of these in one frame, and a quarter of one in many, and writes how long that took. */
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import type { OutputGuard } from '../../../shared/safety/output-guard.ts';
import { chunk, done, frame } from '../../support/scripted-provider.ts';
import { inParts } from '../redaction/fragments.ts';
import { guarded, moderating, redacting } from '../safety/streamed.ts';

const restorer = createRedactor(['email']);
restorer.redact('grace@example.org');
const everything = (): OutputGuard => ({
  ...redacting(['secrets', 'email', 'credit_card', 'phone']),
  moderation: moderating(async () => 'cleared').moderation,
  restore: restorer,
});

const megabyte = 1_000_000;
const filled = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

const hostile: readonly (readonly [name: string, piece: string])[] = [
  ['letters', 'a'],
  ['addresses', 'ada@example.com '],
  ['placeholders', '[EMAIL_1]'],
  ['brackets', '['],
  ['ends of sentences', '. '],
  ['escapes', '\\u0061'],
  ['escaped addresses', 'ada\\u0040example.com '],
  ['backslashes', '\\'],
  ['quotation marks', '"'],
  ['digits', '1'],
  ['numbers', '4111111111111111,'],
  ['half escapes', '\\u00'],
];

type Delta = (text: string) => object;
const deltas: readonly (readonly [name: string, delta: Delta])[] = [
  ['text', (text) => ({ content: text })],
  ['tool arguments', (text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })],
];

export type Guarded = { readonly name: string; readonly ended: boolean; readonly userMs: number };

async function guard(name: string, texts: readonly string[], delta: Delta): Promise<Guarded> {
  const frames = [...texts.map((text) => frame(chunk(delta(text)))), frame(chunk({}, 'stop')), done];
  const before = process.cpuUsage();
  const { text } = await guarded(frames, everything());
  return { name, ended: text.includes('[DONE]'), userMs: process.cpuUsage(before).user / 1_000 };
}

const all: Guarded[] = [];
for (const [of, piece] of hostile) {
  for (const [as, delta] of deltas) {
    all.push(await guard(`${of} as ${as}, in one frame`, [filled(piece, megabyte)], delta));
    all.push(await guard(`${of} as ${as}, in many`, inParts(filled(piece, megabyte / 4), [250]), delta));
  }
}
process.stdout.write(JSON.stringify(all));
