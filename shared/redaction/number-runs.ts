/** Numbers in groups: `4111 1111 1111 1111`, `+41 (0)62 585 51 90`. */
import type { Span } from './entity.ts';

export type NumberRun = Span & {
  readonly groups: readonly Span[];
  /** Between a group and the next. */
  readonly separators: readonly string[];
};

const separator = /^(?:[\s.\-/]{1,3}|[\s.\-/]{0,2}[()][\s.\-/]{0,2})$/;

export function numberRuns(text: string): NumberRun[] {
  const runs: NumberRun[] = [];
  let groups: Span[] = [];
  let separators: string[] = [];
  const finish = (): void => {
    const [first] = groups;
    const last = groups.at(-1);
    if (first && last) runs.push({ start: first.start, end: last.end, groups, separators });
    groups = [];
    separators = [];
  };
  for (const match of text.matchAll(/\d+/g)) {
    const group = { start: match.index, end: match.index + match[0].length };
    const last = groups.at(-1);
    if (last) {
      const between = group.start - last.end > 5 ? '' : text.slice(last.end, group.start);
      if (separator.test(between)) separators.push(between);
      else finish();
    }
    groups.push(group);
  }
  finish();
  return runs;
}

/** Those groups that follow each other, as one run. */
export const part = ({ groups, separators }: NumberRun, from: number, to: number): NumberRun => {
  const chosen = groups.slice(from, to);
  const start = chosen[0]?.start ?? 0;
  return { start, end: chosen.at(-1)?.end ?? start, groups: chosen, separators: separators.slice(from, to - 1) };
};

export const digitsOf = (text: string, { start, end }: Span): string => text.slice(start, end).replace(/\D/g, '');
