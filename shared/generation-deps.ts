/** The composition root goes on: calls that generate answers, which are chat completions and responses. */
import { type Live, type ModelCallDeps, type ModelsDeps, modelCallDeps, modelsDeps, table } from './deps.ts';
import { inSequence, type Prepare } from './inference/preparation.ts';
import { createTokenCounter, type TokenCounter } from './tokens/token-counter.ts';
import { createWithTools } from './tools/with-tools.ts';
import { findToolsOf } from './tools-deps.ts';

export type GenerationDeps = ModelCallDeps & { readonly prepare: Prepare };

/** What a model is to read, in this order: what comes before its input belongs to a request. */
const spelledOut = (root: Live): readonly Prepare[] => [createWithTools({ findTools: findToolsOf(root, table) })];

export function generationDeps(root: Live): GenerationDeps {
  const deps = modelCallDeps(root);
  return {
    ...deps,
    // Only when all of it is there is it known what must fit the window.
    prepare: inSequence([...spelledOut(root)]),
  };
}

export type InputTokensDeps = ModelsDeps & { readonly prepare: Prepare; readonly tokens: TokenCounter };

/** The whole of it is counted, whether or not it fits. */
export const inputTokensDeps = (root: Live): InputTokensDeps => ({
  ...modelsDeps(root),
  prepare: inSequence(spelledOut(root)),
  tokens: createTokenCounter(),
});
