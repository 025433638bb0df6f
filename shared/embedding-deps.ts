/** The composition root goes on: embeddings. */
import { type AskingDeps, type Live, type ModelCallDeps, modelCallDeps } from './deps.ts';
import type { Prepare } from './inference/preparation.ts';
import { createTokenizers } from './tokens/tokenizer.ts';
import { createWithDecodedInput } from './tokens/with-decoded-input.ts';

export type EmbeddingDeps = ModelCallDeps & { readonly prepare: Prepare };

export const decodedInputOf = (deps: AskingDeps): Prepare =>
  createWithDecodedInput({ ...deps, tokenizers: createTokenizers() });

export function embeddingDeps(root: Live): EmbeddingDeps {
  const deps = modelCallDeps(root);
  return { ...deps, prepare: decodedInputOf(deps) };
}
