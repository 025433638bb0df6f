/**
 * A process of its own: `recheck` takes five times as long within Jest. Reads `[source, flags][]`, and writes those that it
 * does not prove safe.
 */
import { text } from 'node:stream/consumers';
import { check } from 'recheck';

// The pure build needs neither a binary nor Java, which not every platform's `npm ci` brings.
process.env['RECHECK_BACKEND'] = 'pure';

const patterns = JSON.parse(await text(process.stdin)) as [source: string, flags: string][];
const slow: unknown[] = [];
for (const [source, flags] of patterns) {
  const { status, ...rest } = await check(source, flags, { timeout: 20_000 });
  if (status !== 'safe') slow.push({ source, status, attack: 'attack' in rest ? rest.attack?.pattern : undefined });
}
process.stdout.write(JSON.stringify(slow));
