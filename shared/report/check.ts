/**
 * Holds a report against the usage API's own functions, which read the ledger for
 * themselves: every project's requests, tokens and money, to the last one.
 */

import { usageKinds } from '../usage/attempt.ts';
import type { BucketPageDeps } from '../usage/bucket-page.ts';
import { costsPage } from '../usage/costs-query.ts';
import { usagePage } from '../usage/usage-query.ts';
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
  // Whole seconds are what the API takes; a report's periods are whole days.
  const span = { start_time: period.fromMs / 1000, end_time: period.toMs / 1000, bucket_width: '1d' as const };
  const group_by: ['project_id'] = ['project_id'];

  for (const kind of usageKinds) {
    await everyPage(
      (page) => usagePage(deps, kind, { ...span, group_by, limit: 31, page }),
      (result) => {
        add(result, 'requests', numberIn(result, 'num_model_requests'));
        add(result, 'input', numberIn(result, 'input_tokens'));
        add(result, 'cachedInput', numberIn(result, 'input_cached_tokens'));
        add(result, 'output', numberIn(result, 'output_tokens'));
      },
    );
  }
  await everyPage(
    (page) => costsPage(deps, { ...span, group_by, limit: 180, page }),
    (result) => add(result, 'costMicroUsd', Math.round(result.amount.value * 1_000_000)),
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
