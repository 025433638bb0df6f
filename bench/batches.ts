/**
 * Batches in bulk: how fast they are and what each line costs DynamoDB, and then
 * 10,000 lines with gateways killed at random, messages delivered twice and a
 * provider that fails, after which every line must have been answered once.
 *
 *   npm run bench:batches -- --lines 10000 --kills 12
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { counted } from './batches/counted.ts';
import { killed } from './batches/killed.ts';
import { large } from './batches/large.ts';
import { page } from './batches/page.ts';
import { timed } from './batches/timed.ts';
import { root } from './child.ts';

const { values } = parseArgs({
  options: { lines: { type: 'string', default: '10000' }, kills: { type: 'string', default: '12' } },
});
const [lines, kills] = [Number(values.lines), Number(values.kills)];

const folder = mkdtempSync(join(tmpdir(), 'sluice-batches-'));
try {
  const found = {
    timed: await timed(join(folder, 'timed'), Math.min(lines, 3_000)),
    counted: await counted(join(folder, 'counted'), 500),
    large: await large(join(folder, 'large'), [30, 150, 150, 150]),
    killed: await killed(join(folder, 'killed'), lines, kills),
  };
  const text = page(found);
  writeFileSync(join(root, 'bench/batches.md'), text);
  process.stdout.write(text);
  process.exitCode = found.killed.findings.some(({ wrong }) => wrong) ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
