/** The key, and what it may do on this route. */
import type { MiddlewareObj } from '@middy/core';
import type { AuthenticateFrom } from '../addresses/guard.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { scopeAllows } from '../keys/scopes.ts';
import { maxTokenLength, presentedToken } from './presented-token.ts';
import type { RequestContext } from './request-context.ts';

export const authenticate = (deps: {
  readonly authenticate: AuthenticateFrom;
}): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  before: async ({ event, context }) => {
    const { audience, scope, alsoScope } = context.operation.route;
    if (audience === 'anyone') {
      context.caller = { kind: 'anyone' };
      return;
    }
    const address = event.requestContext.identity.sourceIp;
    const token = presentedToken(event);
    const caller = token !== null && token.length <= maxTokenLength ? await deps.authenticate(token, address) : null;
    if (!caller) throw new GatewayError('invalid_api_key');
    context.caller = caller;
    if (caller.kind !== audience) {
      throw new GatewayError('insufficient_permissions', {
        message:
          audience === 'admin'
            ? "This needs an admin key. A project's API key cannot administer."
            : "This needs a project's API key. An admin key cannot call models.",
      });
    }
    for (const needed of [scope, alsoScope]) {
      if (needed !== undefined && !scopeAllows(caller.scopes, needed)) {
        throw new GatewayError('insufficient_permissions', { message: `This API key lacks the scope ${needed}.` });
      }
    }
  },
});
