import { join } from 'node:path';
import {
  asW3c,
  callersTrace,
  clientRequestId,
  xrayTrace,
  xrayTraceIdAt,
} from '../../../shared/observability/trace-context.ts';
import { patternsIn, slowPatterns } from '../../support/linear.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${spanId}-01`;

describe('the caller’s trace', () => {
  test('is read and passed on as it is', () => {
    expect(callersTrace({ traceparent, tracestate: 'vendor=1,other=2' })).toEqual({
      traceId,
      headers: { traceparent, tracestate: 'vendor=1,other=2' },
    });
    expect(callersTrace({ traceparent: `00-${traceId}-${spanId}-00` })?.headers).toEqual({
      traceparent: `00-${traceId}-${spanId}-00`,
    });
  });

  test.each([
    ['no header', undefined],
    ['nothing', ''],
    ['a word', 'harmless-1'],
    ['capitals', traceparent.toUpperCase()],
    ['no flags', `00-${traceId}-${spanId}`],
    ['more than the version has', `${traceparent}-more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a parent of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['the version that is none', `ff-${traceId}-${spanId}-01`],
    ['too short a trace', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a space before', ` ${traceparent}`],
    ['a line feed after', `${traceparent}\n`],
    ['two of them', `${traceparent}, ${traceparent}`],
    ['no end', `01-${traceId}-${spanId}-01-${'a'.repeat(512)}`],
  ])('is none with %s, and then its state is nobody’s', (_, given) => {
    expect(callersTrace({ traceparent: given, tracestate: 'vendor=1' })).toBeNull();
  });

  test('of a later version is passed on as this version has it', () => {
    const { headers } = callersTrace({ traceparent: `cc-${traceId}-${spanId}-03-what-else` }) ?? {};
    expect(headers).toEqual({ traceparent });
    expect(callersTrace({ traceparent: `cc-${traceId}-${spanId}-02` })?.headers.traceparent).toBe(
      `00-${traceId}-${spanId}-00`,
    );
  });

  test.each(['', 'a\r\nx-evil: 1', 'ü', 'x'.repeat(513)])('has no state %j', (tracestate) => {
    expect(callersTrace({ traceparent, tracestate })?.headers).toEqual({ traceparent });
  });
});

describe('X-Ray’s trace', () => {
  const root = '1-5759e988-bd862e3fe1be46a994272793';

  test.each([
    [`Root=${root};Parent=53995c3f42cd8ad8;Sampled=1`, true],
    [`Root=${root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:1`, true],
    [`Sampled=1; Parent=53995c3f42cd8ad8; Root=${root}`, true],
    [`Root=${root};Parent=53995c3f42cd8ad8;Sampled=0`, false],
    [`Root=${root};Parent=53995c3f42cd8ad8`, false],
  ])('is read of %s', (header, sampled) => {
    expect(xrayTrace(header)).toEqual({ traceId: root, parentId: '53995c3f42cd8ad8', sampled });
  });

  test.each([
    undefined,
    '',
    `Root=${root};Sampled=1`,
    'Parent=53995c3f42cd8ad8;Sampled=1',
    `Root=${root.toUpperCase()};Parent=53995C3F42CD8AD8;Sampled=1`,
    `Root=${root};Parent=53995c3f42cd8ad;Sampled=1`,
    `${';'.repeat(3_000)}Root=${root};Parent=53995c3f42cd8ad8;Sampled=1`,
  ])('is none of %s', (header) => {
    expect(xrayTrace(header)).toBeNull();
  });

  test('is the same trace for those who write it as W3C does', () => {
    expect(asW3c(root)).toBe('5759e988bd862e3fe1be46a994272793');
  });

  test('has its time in it where it is new', () => {
    expect(xrayTraceIdAt(Date.parse('2016-12-01T18:00:00Z'), 'a006649127e371903a2de979')).toBe(
      '1-58406520-a006649127e371903a2de979',
    );
  });
});

describe('the caller’s own name of a request', () => {
  test.each(['7f3c', 'a0b1c2d3-e4f5-6789-abcd-ef0123456789', 'app/checkout:42.1', 'task-skip', 'x'.repeat(128)])(
    '%s is logged',
    (id) => {
      expect(clientRequestId({ 'x-client-request-id': id })).toBe(id);
    },
  );

  test.each([
    undefined,
    '',
    'what is it about',
    'sk-sluice-local_abc',
    'Bearer:sk-proj-1',
    'x'.repeat(129),
    'a\nb',
    'ü',
    '{"a":1}',
  ])('%j is not', (id) => {
    expect(clientRequestId({ 'x-client-request-id': id })).toBeUndefined();
  });
});

test('every pattern takes linear time (I11, THREATS 10)', async () => {
  const patterns = patternsIn([join(import.meta.dirname, '../../../shared/observability/trace-context.ts')]);
  expect(patterns.length).toBeGreaterThan(5);
  expect(await slowPatterns(patterns)).toEqual([]);
}, 60_000);
