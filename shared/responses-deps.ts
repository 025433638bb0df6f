/** The composition root goes on: responses, which may follow on what was said before. */
import { type Admission, createAdmission } from './admission/admission.ts';
import { takeInOf } from './background-deps.ts';
import { historyOf } from './conversation-deps.ts';
import { admissionDeps, type Live, type ModelsDeps, modelsDeps, readCatalogue } from './deps.ts';
import { type GenerationDeps, generationDeps, withToolsOf } from './generation-deps.ts';
import { inSequence, type Prepare } from './inference/preparation.ts';
import { createTokenCounter, type TokenCounter } from './tokens/token-counter.ts';

export function responsesDeps(root: Live): GenerationDeps {
  const deps = generationDeps(root, historyOf);
  return { ...deps, takeIn: takeInOf(root, deps) };
}

export type InputTokensDeps = ModelsDeps & {
  readonly prepare: Prepare;
  readonly tokens: TokenCounter;
  readonly admission: Pick<Admission, 'admit'>;
};

/** The whole of it is counted, whether or not it fits. */
export function inputTokensDeps(root: Live): InputTokensDeps {
  const deps = modelsDeps(root);
  return {
    ...deps,
    prepare: inSequence([...historyOf(root, deps), withToolsOf(root)]),
    tokens: createTokenCounter(),
    admission: createAdmission(admissionDeps(root, readCatalogue(root.env).sweep)),
  };
}
