/** The official SDK's clients of the deployed gateway, and which routes they have called. */
import OpenAI from 'openai';
import { matchRoute } from '../../infra/local/match-route.ts';
import { deployedRoutes as routes } from '../../infra/routes.ts';

export type Keys = { readonly apiKey?: string; readonly adminAPIKey?: string };
type Fetch = typeof globalThis.fetch;

export type Clients = {
  readonly baseURL: string;
  with(keys: Keys, options?: { readonly fetch?: Fetch }): OpenAI;
  readonly fetch: Fetch;
  /** The operations that no call has reached with success. */
  uncalled(): string[];
};

export function createClients(baseURL: string): Clients {
  const called = new Set<string>();
  const noting =
    (send: Fetch): Fetch =>
    async (input, init) => {
      const response = await send(input, init);
      const path = new URL(String(input)).href.slice(baseURL.length).split('?')[0] ?? '';
      const match = matchRoute(routes, init?.method?.toUpperCase() ?? 'GET', path);
      if (match && response.ok) called.add(match.route.operationId);
      return response;
    };
  return {
    baseURL,
    fetch: noting(fetch),
    with: (keys, { fetch: send = fetch } = {}) =>
      new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0, ...keys, fetch: noting(send) }),
    uncalled: () => routes.map(({ operationId }) => operationId).filter((operation) => !called.has(operation)),
  };
}
