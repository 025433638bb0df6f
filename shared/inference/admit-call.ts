/** Lets a model call in: the model it names, the most that it can take, and what it is held to. */
import { demandOf, withMaximum } from '../admission/demand.ts';
import type { CachePlan } from '../cache/plan.ts';
import type { PricedTarget } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import type { RequestReport } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { mayUse } from '../limits/model-permissions.ts';
import { conversationSeed, inOrder } from '../routing/order.ts';
import { usageKindOf } from '../usage/call-kind.ts';
import type { HeldRow } from './attempt.ts';
import type { InferenceDeps, ModelRequest } from './attempts.ts';

export type AdmittedCall = {
  /** With the maximum of output that may be asked for. */
  readonly request: ModelRequest;
  /** In the order in which they are to be asked. */
  readonly targets: readonly PricedTarget[];
  /** Of the first attempt: it is in the ledger already, for the target that was thought to be the one. */
  readonly row: HeldRow;
  /** For the answer, whatever becomes of the call. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the cache has to do with it; absent: nothing. */
  readonly plan?: CachePlan;
};

export type Arrival = {
  readonly requestId: string;
  readonly caller: ProjectCaller;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bodyBytes: number;
  /** Counted, and no fewer than the request has. */
  readonly inputTokens?: number;
  readonly report: RequestReport;
  /** Another write on which it depends whether the call is let in: made beside the ledger's, which is taken back where it fails. */
  readonly beside?: () => Promise<void>;
};

export type AdmitCall = (arrival: Arrival, request: ModelRequest) => Promise<AdmittedCall>;

export const createAdmitCall =
  ({ catalogue, usage, admission, circuits, batch, now, newId }: InferenceDeps): AdmitCall =>
  async ({ requestId, caller, bodyBytes, inputTokens, report, beside }, request) => {
    const { kind, body, streamed } = request;
    const model = catalogue.find(body.model);
    if (!mayUse(caller.policy.modelPermissions, body.model))
      throw new GatewayError('model_not_allowed', { param: 'model' });
    report.model = model.label;
    report.streamed = streamed;

    const looking = circuits.refresh();
    const targets = inOrder(model.targets, () => conversationSeed(caller.projectId, body));
    const first = targets.find((target) => !circuits.isOpen(target)) ?? model.targets[0];
    report.trail?.debug?.('targets in order', {
      model: model.label,
      // Of a target that `*` has made, the name of the model is the caller's.
      targets: targets.map((target) => ({ provider: target.provider, isOpen: circuits.isOpen(target) })),
      first: first.provider,
    });
    const demand = demandOf(kind, body, bodyBytes, model, inputTokens);
    const row: Omit<HeldRow, 'hold'> = {
      id: newId('att_'),
      projectId: caller.projectId,
      requestId,
      ordinal: 1,
      kind: usageKindOf(kind),
      apiKeyId: caller.apiKeyId,
      serviceAccountId: caller.serviceAccountId,
      model: body.model,
      provider: first.provider,
      upstreamModel: first.model,
      streamed,
      ...(batch && { batch }),
      startedAtMs: now(),
      inputBytes: bodyBytes,
      price: first.price,
      ...(first.priceFactor !== undefined && { priceFactor: first.priceFactor }),
      priceVersion: catalogue.priceVersion,
    };
    const prices = targets.map(({ price }) => price);
    const asked = { ...demand, prices, stream: streamed, ...(batch && { patient: batch }) };
    const { hold, maxOutputTokens, headers } = await admission.admit(caller, body.model, asked, {
      startedAtMs: row.startedAtMs,
      write: (held) => both(usage.open({ ...row, hold: held }), beside?.()),
      takeBack: () => usage.takeBack(row),
    });
    report.trail?.debug?.('let in', { ...hold, maxOutputTokens, asked: demand.output?.max ?? null });
    // It began before the admission did, so it costs no time of its own.
    await looking;
    const limited =
      maxOutputTokens === null ? body : { ...withMaximum(kind, body, maxOutputTokens), model: body.model };
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

/** When both have ended, so that nothing is written any more once this has failed. */
async function both(...writes: readonly (Promise<void> | undefined)[]): Promise<void> {
  for (const ended of await Promise.allSettled(writes)) if (ended.status === 'rejected') throw ended.reason;
}
