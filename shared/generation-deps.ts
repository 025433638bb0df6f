/** The composition root goes on: calls that generate answers, which are chat completions and responses. */
import { type Live, type ModelCallDeps, modelCallDeps, table } from './deps.ts';
import { inSequence, type Prepare } from './inference/preparation.ts';
import { createWithTools } from './tools/with-tools.ts';
import { findToolsOf } from './tools-deps.ts';

export type GenerationDeps = ModelCallDeps & { readonly prepare: Prepare };

export function generationDeps(root: Live): GenerationDeps {
  const deps = modelCallDeps(root);
  return {
    ...deps,
    // In this order: what comes before its input belongs to a request, and only then is it known what must fit the window.
    prepare: inSequence([createWithTools({ findTools: findToolsOf(root, table) })]),
  };
}
