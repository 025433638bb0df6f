/** Errors, as the SDK reads them: their class, and the shape that only the gateway's own words have. */
import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
} from 'openai';
import type { Clients } from './clients.ts';
import { chat } from './model-plane.ts';
import type { Report } from './report.ts';

type Expected = {
  readonly thrown: new (...args: never[]) => Error;
  readonly type: string;
  readonly code: string | null;
};

const invalidKey: Expected = { thrown: AuthenticationError, type: 'invalid_request_error', code: 'invalid_api_key' };
const forbidden: Expected = {
  thrown: PermissionDeniedError,
  type: 'permission_error',
  code: 'insufficient_permissions',
};
const missing = (code: string): Expected => ({ thrown: NotFoundError, type: 'invalid_request_error', code });
const badRequest: Expected = { thrown: BadRequestError, type: 'invalid_request_error', code: null };

async function assertRefused(call: PromiseLike<unknown>, { thrown, type, code }: Expected): Promise<void> {
  const error = await call.then(
    () => assert.fail('the call went through'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof thrown && error instanceof APIError, `expected ${thrown.name}, got ${error}`);
  const { message, param, ...rest } = error.error as Record<string, unknown>;
  assert.deepEqual(rest, { type, code });
  assert.ok(typeof message === 'string' && message !== '');
  assert.ok(param === null || typeof param === 'string');
  assert.ok(error.requestID, 'the error has no request id');
}

/** The caller's words, with the body replaced by what is no JSON. */
const withBrokenBody: typeof globalThis.fetch = (url, init) => fetch(url, { ...init, body: '{"model": ' });

/** Before the user has filled in the provider's key. */
export const refusedWithoutProviderKey = (report: Report, app: OpenAI): Promise<void> =>
  report.check('502 while the key of the provider is missing', () =>
    assertRefused(app.chat.completions.create(chat), {
      thrown: InternalServerError,
      type: 'server_error',
      code: 'upstream_auth',
    }),
  );

export async function beRefused(
  report: Report,
  clients: Clients,
  keys: { readonly apiKey: string; readonly adminAPIKey: string },
): Promise<void> {
  const { apiKey, adminAPIKey } = keys;
  const app = clients.with({ apiKey });
  const admin = clients.with({ adminAPIKey });
  const cases: readonly (readonly [string, () => PromiseLike<unknown>, Expected])[] = [
    ['401 for a key that nobody made', () => clients.with({ apiKey: 'sk-nobody' }).models.list(), invalidKey],
    [
      '403 for an admin key that calls a model',
      () => clients.with({ apiKey: adminAPIKey }).chat.completions.create(chat),
      forbidden,
    ],
    [
      "403 for a project's key that administers",
      () => clients.with({ adminAPIKey: apiKey }).admin.organization.projects.list(),
      forbidden,
    ],
    [
      '404 for a model that does not exist',
      () => app.chat.completions.create({ ...chat, model: 'no-such-model' }),
      missing('model_not_found'),
    ],
    [
      '404 for a project that does not exist',
      () => admin.admin.organization.projects.retrieve('proj_none'),
      missing('not_found'),
    ],
    [
      "404 for a path that does not exist, in API Gateway's own words",
      () => app.get('/no/such/path'),
      missing('not_found'),
    ],
    [
      '400 for a body that is no JSON',
      () => clients.with({ apiKey }, { fetch: withBrokenBody }).chat.completions.create(chat),
      badRequest,
    ],
  ];
  for (const [name, call, expected] of cases) await report.check(name, () => assertRefused(call(), expected));
}
