/** Reads `[source, flags][]`, and writes those that `recheck` does not prove to be linear. */
import { json } from 'node:stream/consumers';
import { check } from 'recheck';

export type SlowPattern = { readonly source: string; readonly status: string; readonly attack?: string };

// The pure build needs neither a binary nor Java, which not every platform's `npm ci` brings.
process.env['RECHECK_BACKEND'] = 'pure';

const patterns = new Map(
  ((await json(process.stdin)) as [source: string, flags: string][]).map((one) => [`${one}`, one]),
);
const slow: SlowPattern[] = [];
for (const [source, flags] of patterns.values()) {
  const result = await check(source, flags, { timeout: 100_000 });
  if (result.status === 'safe') continue;
  slow.push({
    source,
    status: result.status,
    ...(result.status === 'vulnerable' && { attack: result.attack.pattern }),
  });
}
process.stdout.write(JSON.stringify(slow));
