/** Sums as the lines of a table: named, beside what they were before, the dearest first. */
import type { Aggregate, Totals } from './aggregate.ts';
import type { NamedKeys } from './named-keys.ts';
import type { KeyLine, Line } from './report.ts';

type Groups = ReadonlyMap<string, Totals>;
type Names = ReadonlyMap<string, string>;

const dearestFirst = (a: Line, b: Line): number =>
  b.costMicroUsd - a.costMicroUsd || b.requests - a.requests || (a.id < b.id ? -1 : 1);

const line = (id: string, totals: Totals, before: Groups, names: Names): Line => ({
  id,
  name: names.get(id) ?? id,
  ...totals,
  previousCostMicroUsd: before.get(id)?.costMicroUsd ?? 0,
});

export const lines = (current: Groups, before: Groups, names: Names = new Map()): Line[] =>
  [...current].map(([id, totals]) => line(id, totals, before, names)).sort(dearestFirst);

const modeNames: Names = new Map([
  ['live', 'Live calls'],
  ['batch', 'Batches'],
]);

export const modeLines = (current: Groups, before: Groups): Line[] =>
  current.has('batch') || before.has('batch') ? lines(current, before, modeNames) : [];

export const keyLines = (current: Aggregate, before: Aggregate, keys: NamedKeys, projectNames: Names): KeyLine[] =>
  [...current.keys]
    .map(([id, totals]) => {
      const projectId = current.projectOfKey.get(id) ?? '';
      const projectName = projectNames.get(projectId) ?? projectId;
      return { ...line(id, totals, before.keys, keys.names), projectId, projectName };
    })
    .sort(dearestFirst);
