/** For the trainer: what the shipped code sees of each text. `node bench/injection/features.ts <folder of injection-dev.jsonl> <output folder>` */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachRun } from '../../shared/injection/letter-evidence.ts';
import { readings } from '../../shared/injection/readings.ts';
import { readRows } from './rows.ts';

const [folder = '', output = ''] = process.argv.slice(2);
mkdirSync(output, { recursive: true });
const buckets = createWriteStream(join(output, 'buckets.u16'));
/** Of each window: its text, what the rules add up to, how many runs it has. */
const windows: [row: number, rules: number, runs: number][] = [];
const rows = readRows(folder);

for (const [index, { text }] of rows.entries()) {
  const [plain] = readings(text);
  if (plain === undefined) continue;
  const runs: number[][] = Array.from({ length: plain.tokens.count }, () => []);
  eachRun(plain.view.text, plain.tokens, (bucket, token) => runs[token]?.push(bucket));
  for (const { first, end, rules } of plain.stretches) {
    const within = Uint16Array.from(runs.slice(first, end).flat());
    buckets.write(Buffer.from(within.buffer));
    windows.push([index, rules, within.length]);
  }
}
buckets.end();
writeFileSync(join(output, 'windows.json'), JSON.stringify(windows));
writeFileSync(
  join(output, 'rows.json'),
  JSON.stringify(rows.map(({ label, family, source }) => [label, family, source])),
);
