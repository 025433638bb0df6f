/** Requests as API Gateway would hand them to a function, also such as no HTTP client would send. */
import { gatewayEvent } from '../../../infra/local/event.ts';
import { invoke, lambdaContext } from '../../../infra/local/invoke.ts';
import { type OperationId, routes } from '../../../infra/routes.ts';
import type { Route } from '../../../shared/http/route.ts';
import { randomIndex } from '../../../shared/ids.ts';
import { adminKey, type Tenant, type TestGateway } from '../../support/gateway.ts';

export type Question = {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without its question mark. */
  readonly query?: string;
  readonly body?: string | Buffer;
  /** Of the body. Absent: none is sent along. */
  readonly contentType?: string;
  /** Another every time, unless one is given: a single one would soon be blocked for its invalid keys. */
  readonly sourceIp?: string;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

/** The routes of the table, seen as what every route is. */
export const everyRoute: readonly Route[] = routes;

/** For test names. */
export const named = (chosen: readonly Route[]): [name: string, route: Route][] =>
  chosen.map((route) => [`${route.method} ${route.path}`, route]);

export const parametersOf = ({ path }: Route): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

/** The route of that name, for a test about one in particular. */
export function routeCalled(operationId: OperationId): Route {
  const route = everyRoute.find((candidate) => candidate.operationId === operationId);
  if (!route) throw new Error(`No route is called ${operationId}`);
  return route;
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** A key that the route accepts. */
export const rightKey = ({ audience }: Route, { key }: Tenant) => bearer(audience === 'admin' ? adminKey : key);

const anotherAddress = (): string => Array.from({ length: 4 }, () => randomIndex(256)).join('.');

export async function send(gateway: TestGateway, route: Route, question: Question = {}): Promise<Answer> {
  const { parameters = {}, headers = {}, query = '', body = '', contentType } = question;
  const handler = gateway.functions.get(route.function);
  if (!handler) throw new Error(`No function is called ${route.function}`);
  const requestId = crypto.randomUUID();
  const event = gatewayEvent(
    {
      method: route.method,
      url: `/v1${route.path}${query && `?${query}`}`,
      rawHeaders: [
        ...(contentType === undefined ? [] : ['Content-Type', contentType]),
        ...Object.entries(headers).flat(),
      ],
      body: Buffer.from(body),
      sourceIp: question.sourceIp ?? anotherAddress(),
      requestId,
      receivedAtMs: gateway.clock.nowMs,
    },
    {
      route,
      parameters: Object.fromEntries(parametersOf(route).map((name) => [name, parameters[name] ?? 'none-such'])),
    },
  );
  let head: Pick<Answer, 'status' | 'headers'> | undefined;
  const written: Uint8Array[] = [];
  await invoke({
    handler,
    event,
    context: lambdaContext(route.function, requestId, () => Date.now()),
    onPrelude: (status, given) => {
      head = { status, headers: given };
    },
    sink: { write: (chunk) => written.push(chunk) > 0, onDrain: (resume) => resume(), end: () => {} },
    onCallerGone: () => {},
  });
  if (!head) throw new Error('The function has answered nothing');
  return { ...head, text: Buffer.concat(written).toString('utf8') };
}
