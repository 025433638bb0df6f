/** Plays the X-Ray daemon: a UDP socket that reads what the real one would, and holds it to X-Ray's schema. */
import { createSocket } from 'node:dgram';
import Ajv from 'ajv';
import type { Live } from '../../shared/deps.ts';
import type { Subsegment, XrayDocument } from '../../shared/observability/xray-document.ts';

/** What Lambda would say to the function. */
export const rootTraceId = '1-5759e988-bd862e3fe1be46a994272793';
export const functionSegmentId = '53995c3f42cd8ad8';
export const traceHeader = (sampled: 0 | 1 = 1): string =>
  `Root=${rootTraceId};Parent=${functionSegmentId};Sampled=${sampled};Lineage=1:a87bd80c:0`;

export type XrayDaemon = {
  readonly address: string;
  readonly documents: XrayDocument[];
  /** As they came over the wire. */
  readonly datagrams: string[];
  /** In what has come so far, a document by its request. Datagrams on loopback are there as soon as they are sent, and read a moment later. */
  documentOf(requestId: string): Promise<XrayDocument>;
  /** When nothing comes any more of what has been sent. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
};

const id = { type: 'string', pattern: '^[0-9a-f]{16}$' };
const flags = { error: { type: 'boolean' }, throttle: { type: 'boolean' }, fault: { type: 'boolean' } };
const shared = {
  id,
  // Letters, numbers, white space and some symbols, 200 at the most.
  name: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[\\p{L}\\p{N}\\s_.:/%&#=+\\\\\\-@]+$' },
  start_time: { type: 'number', minimum: 1e9, maximum: 1e10 },
  end_time: { type: 'number', minimum: 1e9, maximum: 1e10 },
  annotations: {
    type: 'object',
    maxProperties: 50,
    propertyNames: { pattern: '^[A-Za-z0-9_]+$' },
    additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: 1_000 },
  },
  http: {
    type: 'object',
    properties: {
      request: { type: 'object', properties: { method: { type: 'string' } }, additionalProperties: false },
      response: { type: 'object', properties: { status: { type: 'integer' } }, additionalProperties: false },
    },
    additionalProperties: false,
  },
  ...flags,
  subsegments: { type: 'array', items: { $ref: '#/$defs/subsegment' } },
};
const always = ['id', 'name', 'start_time', 'end_time'];
const trace_id = { type: 'string', pattern: '^1-[0-9a-f]{8}-[0-9a-f]{24}$' };

/** As https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html describes them, with nothing that it does not know. */
const schema = {
  oneOf: [
    {
      title: 'an independent subsegment',
      type: 'object',
      properties: {
        ...shared,
        trace_id,
        parent_id: id,
        type: { const: 'subsegment' },
        namespace: { enum: ['aws', 'remote'] },
      },
      required: [...always, 'trace_id', 'parent_id', 'type'],
      additionalProperties: false,
    },
    {
      title: 'a segment',
      type: 'object',
      properties: { ...shared, trace_id },
      required: [...always, 'trace_id'],
      additionalProperties: false,
    },
  ],
  $defs: {
    subsegment: {
      type: 'object',
      properties: { ...shared, namespace: { enum: ['aws', 'remote'] } },
      required: always,
      additionalProperties: false,
    },
  },
};
const isDocument = new Ajv.default({ strict: false, unicodeRegExp: true }).compile(schema);

const within = (segment: Subsegment): Subsegment[] => [segment, ...(segment.subsegments ?? []).flatMap(within)];
export const subsegmentsOf = (document: XrayDocument): Subsegment[] => within(document).slice(1);

/** Throws at what X-Ray would not take, or could not draw. */
export function expectGood(document: XrayDocument): void {
  expect(isDocument(document) ? [] : isDocument.errors).toEqual([]);
  expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThan(64 * 1024);
  const all = within(document);
  expect(new Set(all.map((one) => one.id)).size).toBe(all.length);
  for (const outer of all) {
    expect(outer.end_time).toBeGreaterThanOrEqual(outer.start_time);
    for (const inner of outer.subsegments ?? []) {
      expect(inner.start_time).toBeGreaterThanOrEqual(outer.start_time);
      expect(inner.end_time).toBeLessThanOrEqual(outer.end_time);
    }
  }
}

export async function xrayDaemon(): Promise<XrayDaemon> {
  const documents: XrayDocument[] = [];
  const datagrams: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    const text = message.toString('utf8');
    datagrams.push(text);
    const [header = '', ...rest] = text.split('\n');
    // https://github.com/aws/aws-xray-daemon reads the header as JSON and wants these two.
    if (JSON.stringify(JSON.parse(header)) !== '{"format":"json","version":1}') throw new Error(`no header: ${header}`);
    documents.push(JSON.parse(rest.join('\n')) as XrayDocument);
  });
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    documents,
    datagrams,
    async documentOf(requestId) {
      for (let looks = 0; looks < 200; looks += 1) {
        const found = documents.find(({ annotations }) => annotations?.['request_id'] === requestId);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`no document of ${requestId}`);
    },
    async quiet() {
      for (let seen = -1; seen !== datagrams.length; ) {
        seen = datagrams.length;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: () => new Promise((stopped) => socket.close(() => stopped())),
  };
}

/** For the length of a test file. Call it before `scene`, whose functions are to know of it. */
export function servedDaemon(): () => XrayDaemon {
  let made: XrayDaemon;
  beforeAll(async () => {
    made = await xrayDaemon();
  });
  beforeEach(() => {
    made.documents.length = 0;
    made.datagrams.length = 0;
  });
  afterAll(() => made.stop());
  return () => made;
}

/** For `scene`: every request is traced, and written down decision by decision. */
export const lookedAtClosely = { _X_AMZN_TRACE_ID: traceHeader(), SLUICE_LOG_DEBUG_SHARE: '1' } as const;

/** For its `override`. */
export const tracedBy = ({ address }: XrayDaemon, { env }: Live): Pick<Live, 'env'> => ({
  env: { ...env, xrayDaemon: address },
});
