/**
 * POST /v1/responses/input_tokens
 *
 * What a response's input would be in tokens. It is prepared as the response would be, and nobody is asked.
 */
import { modelRoutes } from '../infra/routes/models.ts';
import { admitRequest } from '../shared/admission/admit-request.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { unprepared } from '../shared/inference/preparation.ts';
import { mayUse } from '../shared/limits/model-permissions.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { type InputTokensDeps, inputTokensDeps } from '../shared/responses-deps.ts';
import { inputTokensSchema } from '../shared/tokens/schemas.ts';

/** Whatever prepares a request takes these out of it, with what they name in their place. */
const histories = ['previous_response_id', 'conversation'] as const;

export const createHandler = ({ catalogue, tokens, prepare, admission, ...deps }: InputTokensDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(modelRoutes, 'countInputTokens'), inputTokensSchema, async (call) => {
      const { body, bodyBytes, caller, report } = call;
      const model = catalogue.find(body.model);
      if (!mayUse(caller.policy.modelPermissions, body.model)) {
        throw new GatewayError('model_not_allowed', { param: 'model' });
      }
      report.model = model.label;
      // It costs a processor's time, as much as a long text takes.
      const limits = await admitRequest(admission, caller, 'sluice:input_tokens', deps.now());
      const asked = { kind: 'responses', endpoint: '/responses', body, streamed: false } as const;
      const { request } = await prepare(call, unprepared(asked, bodyBytes));
      const unread = histories.find((name) => request.body[name] != null);
      if (unread) {
        throw new GatewayError('invalid_request', {
          message: `Tokens are counted of what the request itself says: leave ${unread} out, and send the items that it stands for as input.`,
          param: unread,
        });
      }
      // The caller's name for the model may be an alias that says nothing of its tokenizer.
      const { total } = await tokens.countRequest('responses', request.body, model.targets[0].model);
      return json(200, { object: 'response.input_tokens', input_tokens: total }, limits);
    }),
  ]);

export const handler = buffered(createHandler(inputTokensDeps(live(process.env))));
