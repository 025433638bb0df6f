/**
 * API Gateway's part on one machine: the routes of the table, the same event,
 * the same limits and the same error bodies, before the same functions.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Route } from '../../shared/http/route.ts';
import { maxBodyBytes } from '../../shared/middleware/json-body.ts';
import type { Host } from '../../shared/observability/host.ts';
import { type GatewayResponseType, gatewayAnswer } from '../gateway-responses.ts';
import { type OnEnded, refused } from './ended-request.ts';
import { gatewayEvent } from './event.ts';
import { invoke, type LambdaHandler, lambdaContext } from './invoke.ts';
import { knownWords } from './known-words.ts';
import { matchRoute } from './match-route.ts';
import { type TakeUpload, uploadsPath } from './uploads.ts';

export type Functions = ReadonlyMap<string, LambdaHandler>;

export type LocalGateway = {
  readonly server: Server;
  /** Requests whose functions have not ended. */
  underWay(): number;
  /** Takes no more requests, and resolves when those under way have ended, accounts included. */
  drain(): Promise<void>;
};

/** Who is told of requests, and tells the functions of them. */
export type Hearing = { readonly onEnded?: OnEnded; readonly host?: Host };

const prefix = '/v1';

/** The status that the caller has seen. */
function answer(response: ServerResponse, type: GatewayResponseType, requestId: string): number {
  if (response.headersSent) {
    response.destroy();
    return response.statusCode;
  }
  const { status, headers, body } = gatewayAnswer(type);
  response.writeHead(status, { ...headers, 'x-request-id': requestId, 'content-length': Buffer.byteLength(body) });
  response.end(body);
  return status;
}

/** The body, or null when it is larger than a function can be given. The rest of such a body is read and dropped. */
async function read(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
  }
  return bytes <= maxBodyBytes ? Buffer.concat(chunks) : null;
}

export function localGateway(
  routes: readonly Route[],
  functions: Functions,
  now: () => number,
  { onEnded = () => {}, host }: Hearing = {},
  takeUpload?: TakeUpload,
): LocalGateway {
  const underWay = new Set<Promise<void>>();
  const presentable = knownWords(routes);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const receivedAtMs = now();
    const { method = '', url = '', rawHeaders } = request;
    const [path = ''] = url.split('?', 1);
    if (takeUpload && path === uploadsPath)
      return takeUpload(request, response, new URLSearchParams(url.slice(path.length)));
    const match = path.startsWith(`${prefix}/`) ? matchRoute(routes, method, path.slice(prefix.length)) : null;
    const handler = match && functions.get(match.route.function);
    const body = await read(request);
    let hasEnded = false;
    const refuse = (type: GatewayResponseType): void => {
      const status = answer(response, type, requestId);
      const shown = match ? `${prefix}${match.route.path}` : presentable(path);
      const latencyMs = Math.max(0, now() - receivedAtMs);
      if (!hasEnded) onEnded(refused(type, { requestId, method, path: shown, status, receivedAtMs, latencyMs }));
    };
    if (!match || !handler) return refuse('MISSING_AUTHENTICATION_TOKEN');
    if (body === null) return refuse('REQUEST_TOO_LARGE');

    const sourceIp = request.socket.remoteAddress ?? '';
    const event = gatewayEvent({ method, url, rawHeaders, body, sourceIp, requestId, receivedAtMs }, match);
    await invoke({
      handler,
      event,
      context: lambdaContext(match.route.function, requestId, now, {
        onRequestEnd: (record) => {
          hasEnded = true;
          onEnded({ record, origin: 'caller' });
        },
        ...(host && { host }),
      }),
      onPrelude: (status, headers) => {
        // What is written in this turn leaves in one piece: of a whole answer, all of it.
        // The socket is corked and not the response, whose `end` sends the last chunk before those that it kept.
        const { socket } = response;
        socket?.cork();
        setImmediate(() => socket?.uncork());
        response.writeHead(status, headers);
      },
      sink: {
        write: (chunk) => response.write(chunk),
        onDrain: (resume) => {
          response.once('drain', resume);
        },
        end: () => {
          response.end();
        },
      },
      onCallerGone: (leave) => {
        response.once('close', () => {
          if (!response.writableFinished) leave();
        });
      },
    }).catch(() => refuse('DEFAULT_5XX'));
  }

  const server = createServer((request, response) => {
    const work = serve(request, response)
      // The caller hung up while its request was read: nobody is left to be told.
      .catch(() => {
        response.destroy();
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
  });

  server.on('clientError', (_error, socket) => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const { status, body } = gatewayAnswer('DEFAULT_4XX');
    const head = `HTTP/1.1 ${status} Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
    socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
  });

  return {
    server,
    underWay: () => underWay.size,
    async drain() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await Promise.all(underWay);
      server.closeAllConnections();
      await closed;
    },
  };
}
