/** The composition root goes on: lines of batches. */
import type { LineDeps } from './batches/answer-lines.ts';
import { historyOf } from './conversation-deps.ts';
import { askingDeps, type Live } from './deps.ts';
import { decodedInputOf } from './embedding-deps.ts';
import { generatingWith } from './generation-deps.ts';

/** Whose key it is has been found out. All of them ask by the same means: they know of the same circuits and counters. */
export function batchLineDeps(root: Live): LineDeps {
  const deps = askingDeps(root, { batch: true });
  return {
    chat: generatingWith(root, deps, () => []),
    responses: generatingWith(root, deps, historyOf),
    embeddings: { ...deps, prepare: decodedInputOf(deps) },
  };
}
