/** Holds a pattern to linear time: `recheck` proves it, or shows the text that it is slow on (THREATS 10). */
import { check } from 'recheck';

export async function expectLinear(pattern: RegExp): Promise<void> {
  // The pure build needs neither a binary nor Java, which not every platform's `npm ci` brings.
  process.env['RECHECK_BACKEND'] = 'pure';
  const { status, ...rest } = await check(pattern.source, pattern.flags, { timeout: 20_000 });
  const shown = status === 'vulnerable' && 'attack' in rest ? rest.attack.pattern : undefined;
  expect({ pattern: pattern.source, status, slowOn: shown }).toEqual({
    pattern: pattern.source,
    status: 'safe',
    slowOn: undefined,
  });
}

/** The literal regular expressions in a file's source, so that none is forgotten. */
export function patternsIn(source: string): RegExp[] {
  const literal =
    /(?:^|[=(,:?!&|]|return)\s*\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\\/\n[*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\\/\n[])*)\/([dgimsuvy]*)/gm;
  return [...source.matchAll(literal)].map(([, body = '', flags]) => new RegExp(body, flags));
}
