/** What a soak has found: pure, from what was seen to what is wrong. */
import type { SettledAttempt, StoredAttempt } from '../../shared/usage/attempt.ts';
import type { Told } from '../../test/support/misbehaving-provider.ts';
import { misbehaviours } from '../../test/support/misbehaviours.ts';
import type { Sample, Uncaught } from './watch.ts';

export type Finding = { readonly what: string; readonly found: string; readonly wrong: boolean };

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`;

const mediansOf = (values: readonly number[], parts: number): number[] => {
  const size = Math.floor(values.length / parts);
  return Array.from({ length: parts }, (_, part) => median(values.slice(part * size, (part + 1) * size)));
};

/** Flat: the last third is no higher than the second, but for noise. In the first, caches and pools still fill. */
export function memory(
  what: 'rss' | 'heap',
  samples: readonly Sample[],
  noise: { readonly share: number; readonly bytes: number },
): Finding {
  const values = samples.map((sample) => sample[what]);
  const [, second = 0, last = 0] = mediansOf(values, 3);
  return {
    what: `${what}, medians of tenths`,
    found: mediansOf(values, 10).map(megabytes).join(', '),
    wrong: samples.length < 10 || last > second * (1 + noise.share) + noise.bytes,
  };
}

const settledOf = (rows: readonly StoredAttempt[]): SettledAttempt[] =>
  rows.flatMap((row) => (row.state === 'settled' ? [row] : []));

export function ledger(rows: readonly StoredAttempt[]): Finding[] {
  const settled = settledOf(rows);
  const swept = settled.filter(({ settledBy }) => settledBy === 'sweep').length;
  return [
    { what: 'attempts in the ledger', found: String(rows.length), wrong: rows.length === 0 },
    { what: 'of them not settled', found: String(rows.length - settled.length), wrong: rows.length > settled.length },
    { what: 'of them settled by the sweep', found: String(swept), wrong: swept > 0 },
  ];
}

const hangsUp: ReadonlySet<string> = new Set(['resets the connection', 'hangs up']);

/** Each call of a provider has a count of tokens of its own, so its row in the ledger can be told from all others. */
export function usage(provider: string, told: readonly Told[], rows: readonly StoredAttempt[]): Finding[] {
  const reported = settledOf(rows).filter((row) => row.provider === provider && !row.estimated && row.outputTokens > 0);
  const byCount = new Map<number, SettledAttempt[]>();
  for (const row of reported) byCount.set(row.outputTokens, [...(byCount.get(row.outputTokens) ?? []), row]);
  const calls = new Map(told.map((call) => [call.completionTokens, call]));
  // Where the connection ended early, nobody knows how far the provider had come.
  const due = told.filter(
    ({ misbehaviour, left }) => !left && misbehaviours[misbehaviour].tells && misbehaviour !== 'has used nothing',
  );
  const lost = due.filter(({ completionTokens }) => !byCount.has(completionTokens));
  const twice = [...byCount.values()].filter(({ length }) => length > 1).length;
  const invented = reported.filter((row) => calls.get(row.outputTokens)?.promptTokens !== row.inputTokens);
  const dueTokens = due.reduce((sum, { completionTokens }) => sum + completionTokens, 0);
  const metered = due.reduce((sum, call) => sum + (byCount.get(call.completionTokens)?.[0]?.outputTokens ?? 0), 0);
  const asked = rows.filter((row) => row.provider === provider).length;
  // A kept connection that dies before a byte is no attempt's end: the same attempt opens another, and asks again.
  const diedBeforeAByte = told.filter(({ misbehaviour }) => hangsUp.has(misbehaviour)).length;
  return [
    {
      what: `${provider}: calls asked for, of attempts`,
      found: `${told.length} of ${asked}`,
      wrong: told.length > asked + diedBeforeAByte,
    },
    {
      what: `${provider}: usage told and not metered`,
      found: `${lost.length} of ${due.length}`,
      wrong: lost.length > 0,
    },
    { what: `${provider}: metered twice`, found: String(twice), wrong: twice > 0 },
    { what: `${provider}: metered and never told`, found: String(invented.length), wrong: invented.length > 0 },
    {
      what: `${provider}: output tokens told, metered`,
      found: `${dueTokens}, ${metered}`,
      wrong: dueTokens !== metered,
    },
  ];
}

/** Failures of providers are logged as such, and a credential that one refuses is an alarm; anything else would be ours. */
const expectedErrors: ReadonlySet<string> = new Set(['request failed', 'credential refused by the provider']);

export function complaints(errors: ReadonlyMap<string, number>, watched: readonly (Sample | Uncaught)[]): Finding[] {
  const uncaught = watched.filter(({ kind }) => kind === 'uncaught').length;
  const unexpected = [...errors].filter(([message]) => !expectedErrors.has(message));
  return [
    { what: 'unhandled rejections and uncaught exceptions', found: String(uncaught), wrong: uncaught > 0 },
    {
      what: 'unexpected lines of level ERROR',
      found: unexpected.map(([message, count]) => `${message} (${count})`).join(', ') || '0',
      wrong: unexpected.length > 0,
    },
  ];
}

/** What is held when nobody calls, after the load as before it; a pool may keep some connections for the next call. */
const pooled = 20;

export function handles(before: Sample | undefined, after: Sample | undefined): Finding[] {
  const kinds = [...new Set([...Object.keys(before?.resources ?? {}), ...Object.keys(after?.resources ?? {})])].sort();
  return kinds.map((kind) => {
    const [first, last] = [before?.resources[kind] ?? 0, after?.resources[kind] ?? 0];
    const allowance = kind === 'TCPSocketWrap' ? pooled : 1;
    return { what: `${kind}, before and after`, found: `${first}, ${last}`, wrong: last > first + allowance };
  });
}
