/** Sums over the lines of a batch. Pure. */
import { type Counts, noCounts } from './batch.ts';
import type { LineUsage } from './line-usage.ts';

export type CountedLine = { readonly succeeded: boolean; readonly usage: LineUsage };

const plus = (a: LineUsage, b: LineUsage, times: 1 | -1): LineUsage => ({
  inputTokens: a.inputTokens + times * b.inputTokens,
  cachedTokens: a.cachedTokens + times * b.cachedTokens,
  outputTokens: a.outputTokens + times * b.outputTokens,
  reasoningTokens: a.reasoningTokens + times * b.reasoningTokens,
});

export const withLine = ({ completed, failed, usage }: Counts, line: CountedLine): Counts => ({
  completed: completed + (line.succeeded ? 1 : 0),
  failed: failed + (line.succeeded ? 0 : 1),
  usage: plus(usage, line.usage, 1),
});

export const countsOf = (lines: Iterable<CountedLine>): Counts => [...lines].reduce(withLine, noCounts);

export const difference = (after: Counts, before: Counts): Counts => ({
  completed: after.completed - before.completed,
  failed: after.failed - before.failed,
  usage: plus(after.usage, before.usage, -1),
});

export const sameCounts = (a: Counts, b: Counts): boolean =>
  a.completed === b.completed && a.failed === b.failed && JSON.stringify(a.usage) === JSON.stringify(b.usage);
