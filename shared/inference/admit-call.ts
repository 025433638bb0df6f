/** Lets a model call in: the model it names, the most that it can take, and what it is held to. */
import { demandOf, withMaximum } from '../admission/demand.ts';
import type { Hold } from '../admission/hold.ts';
import type { PricedTarget } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import type { RequestReport } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { mayUse } from '../limits/model-permissions.ts';
import type { OpenAttempt } from '../usage/attempt.ts';
import type { InferenceDeps, ModelRequest } from './attempts.ts';

export type AdmittedCall = {
  /** With the maximum of output that may be asked for. */
  readonly request: ModelRequest;
  readonly targets: readonly PricedTarget[];
  /** Of the first attempt: it is in the ledger already. */
  readonly row: OpenAttempt & { readonly hold: Hold };
  /** For the answer, whatever becomes of the call. */
  readonly headers: Readonly<Record<string, string>>;
};

export type Arrival = {
  readonly requestId: string;
  readonly caller: ProjectCaller;
  readonly bodyBytes: number;
  readonly report: RequestReport;
};

export type AdmitCall = (arrival: Arrival, request: ModelRequest) => Promise<AdmittedCall>;

/** Attempts in all, for one request. */
const maxAttempts = 3;

export const createAdmitCall =
  ({ catalogue, usage, admission, now, newId }: InferenceDeps): AdmitCall =>
  async ({ requestId, caller, bodyBytes, report }, request) => {
    const { kind, body, streamed } = request;
    const model = catalogue.find(body.model);
    if (!mayUse(caller.policy.modelPermissions, body.model))
      throw new GatewayError('model_not_allowed', { param: 'model' });
    report.model = model.label;
    report.streamed = streamed;

    const targets = model.targets.slice(0, maxAttempts);
    const [first] = model.targets;
    const demand = demandOf(kind, body, bodyBytes, model);
    const row: OpenAttempt = {
      id: newId('att_'),
      projectId: caller.projectId,
      requestId,
      ordinal: 1,
      kind,
      apiKeyId: caller.apiKeyId,
      serviceAccountId: caller.serviceAccountId,
      model: body.model,
      provider: first.provider,
      upstreamModel: first.model,
      streamed,
      startedAtMs: now(),
      inputBytes: bodyBytes,
      price: first.price,
      priceVersion: catalogue.priceVersion,
    };
    const asked = { ...demand, prices: targets.map(({ price }) => price), stream: streamed };
    const { hold, maxOutputTokens, headers } = await admission.admit(caller, body.model, asked, {
      startedAtMs: row.startedAtMs,
      write: (held) => usage.open({ ...row, hold: held }),
      takeBack: () => usage.takeBack(row),
    });
    const limited = maxOutputTokens === null ? body : { ...withMaximum(body, maxOutputTokens), model: body.model };
    const shrunk = maxOutputTokens !== null && demand.output !== null && maxOutputTokens < demand.output.max;
    return {
      request: { ...request, body: limited },
      targets,
      row: { ...row, hold },
      headers: {
        ...headers,
        // The caller's own maximum stands unless a header says otherwise.
        ...(maxOutputTokens !== null &&
          (shrunk || demand.output?.stated === false) && { 'x-sluice-max-output-tokens': String(maxOutputTokens) }),
        ...(shrunk && { 'x-sluice-max-output-shrunk': 'true' }),
      },
    };
  };
