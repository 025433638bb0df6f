/** Where spend has grown most since the period before. */
import type { Aggregate, Totals } from './aggregate.ts';
import type { Growth } from './report.ts';

type Names = Readonly<Record<Growth['dimension'], ReadonlyMap<string, string>>>;

const shown = 10;

export function growthBetween(current: Aggregate, before: Aggregate, names: Names): Growth[] {
  const of = (
    dimension: Growth['dimension'],
    now: ReadonlyMap<string, Totals>,
    then: ReadonlyMap<string, Totals>,
  ): Growth[] =>
    [...now].map(([id, { costMicroUsd }]) => ({
      dimension,
      id,
      name: names[dimension].get(id) ?? id,
      costMicroUsd,
      previousCostMicroUsd: then.get(id)?.costMicroUsd ?? 0,
    }));
  const grown = ({ costMicroUsd, previousCostMicroUsd }: Growth) => costMicroUsd - previousCostMicroUsd;
  return [
    ...of('project', current.projects, before.projects),
    ...of('key', current.keys, before.keys),
    ...of('model', current.models, before.models),
  ]
    .filter((line) => grown(line) > 0)
    .sort((a, b) => grown(b) - grown(a) || (a.id < b.id ? -1 : 1))
    .slice(0, shown);
}
