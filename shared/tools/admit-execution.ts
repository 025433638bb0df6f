/** Lets a direct call of a tool in, as a request like any other of the project and its key: it asks no model, so it takes no tokens and no money. */
import type { Admission } from '../admission/admission.ts';
import type { Asked } from '../admission/decide.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { gatewayPrefix } from './tool.ts';

const nothingButARequest: Asked = { inputTokens: 0, output: null, prices: [], stream: false };

/** No attempt at a provider, so no row of the ledger. What holds nothing needs no settlement: the sweep closes its epoch at zero. */
const noRow = { write: async () => {}, takeBack: async () => {} };

/** The headers that tell of the limits; throws the 429. */
export async function admitExecution(
  admission: Pick<Admission, 'admit'>,
  caller: ProjectCaller,
  name: string,
  nowMs: number,
): Promise<Readonly<Record<string, string>>> {
  // No model is called like this, so no limit of a model's can hold it.
  const { headers } = await admission.admit(caller, `${gatewayPrefix}${name}`, nothingButARequest, {
    startedAtMs: nowMs,
    ...noRow,
  });
  return headers;
}
