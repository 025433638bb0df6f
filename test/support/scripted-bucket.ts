/**
 * S3 as far as the gateway needs it: objects whole, in ranges and in parts, and addresses that were signed beforehand, whose
 * signatures it reckons itself. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
 */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

export type ScriptedBucket = {
  readonly endpoint: string;
  /** By their paths, the bucket's name first. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** With which each was last put. */
  readonly headers: ReadonlyMap<string, IncomingHttpHeaders>;
  /** Parts of uploads that nobody has completed or aborted, by upload. */
  readonly parts: ReadonlyMap<string, ReadonlyMap<number, Buffer>>;
  /** Method and path of all that was asked, with the range or the part where there is one. */
  readonly asked: string[];
  /** Of whoever signs addresses. */
  readonly secretAccessKey: string;
  /** As S3 says it in XML, to what matches; null: nothing is refused. */
  refusal: { readonly matches: RegExp; readonly status: number; readonly code: string } | null;
  stop(): Promise<void>;
};

/** S3 refuses parts that are smaller, but for the last. */
const smallestPart = 5 * 1024 * 1024;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const etagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function isSigned({ method = '', headers }: IncomingMessage, url: URL, secretAccessKey: string): boolean {
  const { searchParams: query } = url;
  const [, day = '', region = '', service = ''] = (query.get('X-Amz-Credential') ?? '').split('/');
  const signed = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const encoded = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [
    method,
    url.pathname,
    [...query]
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort()
      .join('&'),
    ...signed.map((name) => `${name}:${headers[name] ?? ''}`),
    '',
    signed.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', query.get('X-Amz-Date'), scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, text).toString('hex') === query.get('X-Amz-Signature');
}

const xml = (response: ServerResponse, status: number, body: string): ServerResponse =>
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);

const error = (response: ServerResponse, status: number, code: string): ServerResponse =>
  xml(response, status, `<Error><Code>${code}</Code><Message>no</Message></Error>`);

export async function scriptedBucket({
  partsFrom = smallestPart,
  secretAccessKey = 'secret',
} = {}): Promise<ScriptedBucket> {
  const objects = new Map<string, Buffer>();
  const headers = new Map<string, IncomingHttpHeaders>();
  const parts = new Map<string, Map<number, Buffer>>();
  const asked: string[] = [];
  let uploads = 0;

  function get(request: IncomingMessage, response: ServerResponse, path: string): ServerResponse {
    const found = objects.get(path);
    if (!found) return error(response, 404, 'NoSuchKey');
    const etag = etagOf(found);
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== etag) return error(response, 412, 'PreconditionFailed');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (first === undefined) {
      return response.writeHead(200, { etag }).end(found);
    }
    if (Number(first) >= found.length) return error(response, 416, 'InvalidRange');
    const chunk = found.subarray(Number(first), Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + chunk.length - 1}/${found.length}`;
    return response.writeHead(206, { etag, 'content-range': range }).end(chunk);
  }

  function complete(response: ServerResponse, path: string, uploadId: string, list: string): ServerResponse {
    const held = parts.get(uploadId);
    if (!held) return error(response, 404, 'NoSuchUpload');
    const numbers = [...list.matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) => Number(number));
    const chunks = numbers.map((number) => held.get(number) ?? Buffer.alloc(0));
    if (chunks.slice(0, -1).some(({ length }) => length < partsFrom)) return error(response, 400, 'EntityTooSmall');
    objects.set(path, Buffer.concat(chunks));
    parts.delete(uploadId);
    return xml(response, 200, '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
  }

  function serve(request: IncomingMessage, response: ServerResponse, body: Buffer): ServerResponse {
    const { method } = request;
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    const { pathname: path, searchParams: query } = url;
    const uploadId = query.get('uploadId');
    asked.push([method, path, request.headers.range ?? query.get('partNumber')].filter(Boolean).join(' '));
    if (query.has('X-Amz-Signature') && !isSigned(request, url, secretAccessKey)) {
      return error(response, 403, 'SignatureDoesNotMatch');
    }
    const { refusal } = bucket;
    if (refusal?.matches.test(asked.at(-1) ?? '')) return error(response, refusal.status, refusal.code);
    if (method === 'POST' && query.has('uploads')) {
      const id = `upload-${++uploads}`;
      parts.set(id, new Map());
      return xml(
        response,
        200,
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (method === 'POST') return complete(response, path, uploadId ?? '', body.toString());
    if (method === 'GET') return get(request, response, path);
    if (method === 'DELETE') {
      if (uploadId === null) objects.delete(path);
      else parts.delete(uploadId);
      return response.writeHead(204).end();
    }
    headers.set(path, request.headers);
    if (uploadId === null) objects.set(path, body);
    else parts.get(uploadId)?.set(Number(query.get('partNumber')), body);
    return response.writeHead(200, { etag: etagOf(body) }).end();
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    serve(request, response, Buffer.concat(chunks));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bucket: ScriptedBucket = {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    objects,
    headers,
    parts,
    asked,
    secretAccessKey,
    refusal: null,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return bucket;
}
