/** Where spend has grown most since the period before. */
import type { Aggregate, Totals } from './aggregate.ts';
import type { Growth } from './report.ts';

type Names = Readonly<Record<'project' | 'key', ReadonlyMap<string, string>>>;

const shown = 10;

export function growthBetween(current: Aggregate, before: Aggregate, names: Names): Growth[] {
  const projectName = (id: string) => names.project.get(id) ?? id;
  // Many keys are called `production`.
  const keyName = (id: string) => `${names.key.get(id) ?? id}, ${projectName(current.projectOfKey.get(id) ?? '')}`;
  const of = (
    dimension: Growth['dimension'],
    now: ReadonlyMap<string, Totals>,
    then: ReadonlyMap<string, Totals>,
    name: (id: string) => string,
  ): Growth[] =>
    [...now].map(([id, { costMicroUsd }]) => ({
      dimension,
      id,
      name: name(id),
      costMicroUsd,
      previousCostMicroUsd: then.get(id)?.costMicroUsd ?? 0,
    }));
  const grown = ({ costMicroUsd, previousCostMicroUsd }: Growth) => costMicroUsd - previousCostMicroUsd;
  return [
    ...of('project', current.projects, before.projects, projectName),
    ...of('key', current.keys, before.keys, keyName),
    ...of('model', current.models, before.models, (id) => id),
  ]
    .filter((line) => grown(line) > 0)
    .sort((a, b) => grown(b) - grown(a) || (a.id < b.id ? -1 : 1))
    .slice(0, shown);
}
