/**
 * Which trace a request belongs to: its caller's (https://www.w3.org/TR/trace-context/), and the one that X-Ray makes of
 * the function's calls (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
 */

/** As the caller has said, and as providers and tools are told. */
export type CallersTrace = {
  readonly traceId: string;
  readonly headers: { readonly traceparent: string; readonly tracestate?: string };
};

export type XrayTrace = {
  /** `1-<8 hexadecimal digits of the time>-<24 more>`. */
  readonly traceId: string;
  /** The function's own segment; absent where the request is to have a segment, and so a trace, of its own. */
  readonly parentId?: string;
  readonly sampled: boolean;
};

const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]*)?$/;
const nothing = /^0+$/;
const longestTraceparent = 512;
/** As long as every receiver has to take it. */
const tracestateForm = /^[\x20-\x7e]{1,512}$/;

/** Null where there is none, or none that anyone could read: then its `tracestate` means nothing, either. */
export function callersTrace(headers: Readonly<Record<string, string | undefined>>): CallersTrace | null {
  const { traceparent = '', tracestate } = headers;
  if (traceparent.length > longestTraceparent) return null;
  const [, version = 'ff', traceId = '0', parentId = '0', flags = '', more] = traceparentForm.exec(traceparent) ?? [];
  if (version === 'ff' || nothing.test(traceId) || nothing.test(parentId)) return null;
  if (version === '00' && more !== undefined) return null;
  return {
    traceId,
    headers: {
      // Of a later version nothing is passed on but what this one has.
      traceparent: version === '00' ? traceparent : written(traceId, parentId, (Number.parseInt(flags, 16) & 1) === 1),
      ...(tracestate !== undefined && tracestateForm.test(tracestate) && { tracestate }),
    },
  };
}

export const written = (traceId: string, parentId: string, sampled: boolean): string =>
  `00-${traceId}-${parentId}-${sampled ? '01' : '00'}`;

const xrayTraceId = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/;
const xrayId = /^[0-9a-f]{16}$/;
const longestXrayHeader = 2_048;

/** `Root=1-…;Parent=…;Sampled=1`. Null where the function is not traced. */
export function xrayTrace(header: string | undefined): XrayTrace | null {
  if (header === undefined || header.length > longestXrayHeader) return null;
  const fields = new Map(header.split(';').map((field) => splitAt(field.trim(), '=')));
  const traceId = fields.get('Root') ?? '';
  const parentId = fields.get('Parent') ?? '';
  if (!xrayTraceId.test(traceId) || !xrayId.test(parentId)) return null;
  return { traceId, parentId, sampled: fields.get('Sampled') === '1' };
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** The same 128 bits as W3C writes them. */
export const asW3c = (traceId: string): string => traceId.slice(2).replace('-', '');

/** A new one: 32 bits of time, as X-Ray wants it, and 96 random ones. */
export const xrayTraceIdAt = (nowMs: number, randomHex: string): string =>
  `1-${Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, '0')
    .slice(-8)}-${randomHex}`;

/**
 * The caller's own name of the request, for the log, where it looks like a name: who writes a sentence there, or a key,
 * finds it in no log (I6).
 */
export function clientRequestId(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const id = headers['x-client-request-id'];
  return id !== undefined && /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/.test(id) && !/(?:^|[^a-z])sk-/i.test(id)
    ? id
    : undefined;
}
