/**
 * Holds a report against what the usage and costs endpoints make of the ledger,
 * which is read anew for it: every project's requests, tokens and money, to the last one.
 */

import { usageKinds } from '../usage/attempt.ts';
import { type BucketPageDeps, bucketPage } from '../usage/bucket-page.ts';
import { costSums } from '../usage/costs-query.ts';
import { usageSums } from '../usage/usage-query.ts';
import type { Aggregate } from './aggregate.ts';
import type { Period } from './period.ts';

const figures = ['requests', 'input', 'cachedInput', 'output', 'costMicroUsd'] as const;
type Figures = Record<(typeof figures)[number], number>;

/** Those that the API tells of completions alone. */
const ofCompletions: ReadonlySet<keyof Figures> = new Set(['cachedInput', 'output']);

export type Difference = {
  readonly projectId: string;
  readonly figure: (typeof figures)[number];
  readonly report: number;
  readonly api: number;
};
export type Check = { readonly compared: number; readonly differences: readonly Difference[] };

export async function checkAgainstApi(
  deps: BucketPageDeps,
  period: Period,
  { projects, completionsOfProjects }: Aggregate,
): Promise<Check> {
  const found = await apiFigures(deps, period);
  const ids = [...new Set([...projects.keys(), ...found.keys()])].sort();
  const none: Figures = { requests: 0, input: 0, cachedInput: 0, output: 0, costMicroUsd: 0 };
  const compared = ids.flatMap((projectId) =>
    figures.map((figure): Difference => {
      const own = (ofCompletions.has(figure) ? completionsOfProjects : projects).get(projectId) ?? none;
      return { projectId, figure, report: own[figure], api: (found.get(projectId) ?? none)[figure] };
    }),
  );
  return { compared: compared.length, differences: compared.filter(({ report, api }) => report !== api) };
}

/** Of a result, by the names of the API. */
type Result = Readonly<Record<string, unknown>>;
const numberIn = (result: Result, name: string): number => Number(result[name] ?? 0);

async function apiFigures(deps: BucketPageDeps, period: Period): Promise<ReadonlyMap<string, Figures>> {
  const found = new Map<string, Figures>();
  const add = (result: Result, figure: keyof Figures, amount: number) => {
    const id = String(result['project_id']);
    const figuresOfProject = found.get(id) ?? { requests: 0, input: 0, cachedInput: 0, output: 0, costMicroUsd: 0 };
    figuresOfProject[figure] += amount;
    found.set(id, figuresOfProject);
  };
  const filter: { group_by: ['project_id'] } = { group_by: ['project_id'] };
  const usages = usageKinds.map((kind) => usageSums(kind, filter, deps.now()));
  const costs = costSums(filter);
  // Whole seconds are what the API takes; a report's periods are whole days.
  const span = { start_time: period.fromMs / 1000, end_time: period.toMs / 1000, bucket_width: '1d' as const };
  await everyPage(
    (page) =>
      bucketPage(
        deps,
        { ...span, limit: 180, page },
        {
          fresh: () => ({ usage: usages.map((of) => of.fresh()), cost: costs.fresh() }),
          add: ({ usage, cost }, row) => {
            for (const [index, of] of usages.entries()) {
              const tally = usage[index];
              if (tally) of.add(tally, row);
            }
            costs.add(cost, row);
          },
          results: ({ usage, cost }) => [
            {
              used: usages.flatMap((of, index) => (usage[index] ? of.results(usage[index]) : [])),
              cost: costs.results(cost),
            },
          ],
        },
      ),
    ({ used, cost }) => {
      for (const result of used) {
        add(result, 'requests', numberIn(result, 'num_model_requests'));
        add(result, 'input', numberIn(result, 'input_tokens'));
        add(result, 'cachedInput', numberIn(result, 'input_cached_tokens'));
        add(result, 'output', numberIn(result, 'output_tokens'));
      }
      for (const result of cost) add(result, 'costMicroUsd', Math.round(result.amount.value * 1_000_000));
    },
  );
  return found;
}

type Page<Found> = {
  readonly data: readonly { readonly results: readonly Found[] }[];
  readonly next_page: string | null;
};

async function everyPage<Found>(
  ask: (page: string | undefined) => Promise<Page<Found>>,
  each: (result: Found) => void,
): Promise<void> {
  let next: string | undefined;
  do {
    const { data, next_page } = await ask(next);
    for (const result of data.flatMap(({ results }) => results)) each(result);
    next = next_page ?? undefined;
  } while (next !== undefined);
}
