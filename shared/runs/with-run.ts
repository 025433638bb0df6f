/** A call with tools of the gateway is a run: it has an id, and its first question is held to the run's dollars, too. */
import { demandOf } from '../admission/demand.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import { type Prepare, withBody } from '../inference/preparation.ts';
import { withoutCalls } from './dialect.ts';
import type { RunSettings } from './settings.ts';
import { withinDollars } from './within-dollars.ts';

export type WithRunDeps = {
  readonly catalogue: Catalogue;
  readonly runSettings: RunSettings;
  readonly newId: (prefix: string) => string;
};

export const microDollars = ({ maxDollars }: Pick<RunSettings, 'maxDollars'>): number =>
  Math.round(maxDollars * 1_000_000);

export const tooDear = ({ maxDollars }: Pick<RunSettings, 'maxDollars'>): GatewayError =>
  new GatewayError('run_limit_reached', {
    message: `What is left of the ${maxDollars} US dollars that one request with tools may cost here does not afford another answer. Shorten the input, or use a cheaper model.`,
  });

export const createWithRun =
  ({ catalogue, runSettings, newId }: WithRunDeps): Prepare =>
  async (_arriving, prepared) => {
    if (prepared.tools.size === 0) return prepared;
    // The last question may call no tool, also where it is the first.
    const asked = runSettings.maxSteps === 1 ? withBody(prepared, withoutCalls(prepared.request.body)) : prepared;
    const { request, bodyBytes } = asked;
    const model = catalogue.find(request.body.model);
    const affordable = withinDollars(request, bodyBytes, model, microDollars(runSettings));
    if (!affordable) throw tooDear(runSettings);
    const runId = newId('run_');
    const shrunk = affordable !== request;
    const within = shrunk ? withBody(asked, affordable.body) : asked;
    const most = shrunk ? demandOf(request.kind, affordable.body, within.bodyBytes, model).output?.max : undefined;
    const headers = {
      ...prepared.headers,
      'x-sluice-run-id': runId,
      ...(most !== undefined && {
        'x-sluice-max-output-tokens': String(most),
        'x-sluice-max-output-shrunk': 'true',
      }),
    };
    return { ...within, headers, runId };
  };
