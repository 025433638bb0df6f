/** Lets in what asks no model, as a request like any other of the project and its key: it takes no tokens and no money. */
import type { ProjectCaller } from '../keys/caller.ts';
import type { Admission } from './admission.ts';
import type { Asked } from './decide.ts';

const nothingButARequest: Asked = { inputTokens: 0, output: null, prices: [], stream: false };

/** No attempt at a provider, so no row of the ledger. What holds nothing needs no settlement: the sweep closes its epoch at zero. */
const noRow = { write: async () => {}, takeBack: async () => {} };

/**
 * The headers that tell of the limits; throws the 429. `name` stands where a call has its model's: no model may be
 * called like this, so that no limit of a model's can hold it.
 */
export async function admitRequest(
  admission: Pick<Admission, 'admit'>,
  caller: ProjectCaller,
  name: `sluice:${string}`,
  nowMs: number,
): Promise<Readonly<Record<string, string>>> {
  const { headers } = await admission.admit(caller, name, nothingButARequest, { startedAtMs: nowMs, ...noRow });
  return headers;
}
