/** Holds patterns to linear time: `recheck` proves it, or shows the text that they are slow on (THREATS 10). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SlowPattern } from './check-patterns.ts';
import { inOwnProcess } from './own-process.ts';

/** Long counts take `recheck` minutes to unroll; what makes a pattern slow is what is repeated, not how often at least. */
const shortened = (source: string): string =>
  source.replace(/\{(\d+)(,?)(\d*)\}/g, (_, least: string, comma: string, most: string) => {
    const short = (count: string): string => (count === '' ? '' : `${Math.min(Number(count), 2)}`);
    return `{${short(least)}${comma}${short(most)}}`;
  });

/** Those that are not proved to be linear. */
export const slowPatterns = (patterns: readonly RegExp[]): Promise<SlowPattern[]> =>
  inOwnProcess(
    join(import.meta.dirname, 'check-patterns.ts'),
    patterns.map(({ source, flags }) => [shortened(source), flags]),
  );

/** The literal regular expressions of source files, so that none is forgotten. */
export const patternsIn = (files: readonly string[]): RegExp[] =>
  files.flatMap((file) => literalsIn(readFileSync(file, 'utf8')));

function literalsIn(source: string): RegExp[] {
  const literal =
    /(?:^|[=(,:?!&|]|return)\s*\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\\/\n[*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\\/\n[])*)\/([dgimsuvy]*)/gm;
  return [...source.matchAll(literal)].map(([, body = '', flags]) => new RegExp(body, flags));
}
