/** The composition root goes on: calls that generate answers, which are chat completions and responses. */
import { createSummarize } from './context/summarize.ts';
import { createWithinWindow } from './context/within-window.ts';
import { type AskingDeps, type Live, type ModelCallDeps, modelCallDeps, table } from './deps.ts';
import { inSequence, type Prepare } from './inference/preparation.ts';
import { dynamoRunStore } from './runs/run-store.ts';
import type { RunDeps } from './runs/running.ts';
import { createWithRun } from './runs/with-run.ts';
import { createSchemaValidator } from './structured/schema-validator.ts';
import { createWithFormat } from './structured/with-format.ts';
import { createTokenCounter, type TokenCounter } from './tokens/token-counter.ts';
import { createWithTools } from './tools/with-tools.ts';
import { executeToolOf, findToolsOf } from './tools-deps.ts';

type Generating = RunDeps & { readonly prepare: Prepare };
export type GenerationDeps = ModelCallDeps & Generating;

/** What a request names, spelled out. */
export const withToolsOf = (root: Live): Prepare => createWithTools({ findTools: findToolsOf(root) });

/** What comes before its input belongs to a request. Chats bring all of it along, and their functions load nothing for it (I9). */
type HistoryOf = (root: Live, deps: AskingDeps) => readonly Prepare[];

export const generationDeps = (root: Live, historyOf: HistoryOf = () => []): GenerationDeps =>
  generatingWith(root, modelCallDeps(root), historyOf);

/** On whoever's behalf `deps` ask. */
export function generatingWith<Deps extends AskingDeps>(
  root: Live,
  deps: Deps,
  historyOf: HistoryOf,
): Deps & Generating {
  const withinWindow = withinWindowOf(deps, createTokenCounter());
  const schemas = createSchemaValidator();
  return {
    ...deps,
    runs: dynamoRunStore(root.db, table(root, 'runs')),
    withinWindow,
    executeTool: executeToolOf(root, deps.config),
    // Only when all of it is there is it known what must fit the window, and only then what a run can cost.
    prepare: inSequence([
      ...historyOf(root, deps),
      withToolsOf(root),
      createWithFormat({ schemas }),
      withinWindow,
      createWithRun(deps),
    ]),
  };
}

const withinWindowOf = (deps: AskingDeps, counter: TokenCounter): Prepare =>
  createWithinWindow({
    catalogue: deps.catalogue,
    counter,
    log: deps.log,
    settings: deps.config.context,
    contextDefaults: deps.config.defaults.context,
    safetyDefaults: deps.config.defaults.safety,
    summarize: createSummarize({ ...deps, counter }),
  });
