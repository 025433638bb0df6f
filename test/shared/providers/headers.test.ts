import { incomingHeaders, outgoingHeaders } from '../../../shared/providers/headers.ts';

describe('to the provider', () => {
  test('go the trace and the caller’s own request id, and nothing else (WIRE, THREATS 5)', () => {
    const given = {
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'vendor=1',
      'x-client-request-id': 'mine',
      authorization: 'Bearer canary',
      'x-api-key': 'canary',
      'api-key': 'canary',
      cookie: 'canary',
      host: 'canary',
      'x-forwarded-for': 'canary',
      'x-forwarded-host': 'canary',
      'openai-organization': 'canary',
      'openai-project': 'canary',
      'idempotency-key': 'canary',
      'user-agent': 'canary',
      'content-length': '1',
      'transfer-encoding': 'chunked',
      'x-stainless-retry-count': '1',
      baggage: 'canary',
    };
    expect(outgoingHeaders(given)).toEqual({
      traceparent: given.traceparent,
      tracestate: 'vendor=1',
      'x-client-request-id': 'mine',
    });
  });

  test.each([
    ['a line feed', 'a\nx-evil: 1'],
    ['a carriage return', 'a\rx-evil: 1'],
    ['both', 'a\r\nx-evil: 1'],
    ['a line feed at the end', 'a\n'],
    ['NUL', 'a\u0000'],
    ['a tab', 'a\tb'],
    ['a letter beyond ASCII', 'ä'],
    ['DEL', 'a\u007f'],
    ['nothing', ''],
    ['more than anyone needs', 'x'.repeat(513)],
  ])('a value with %s does not go', (_, value) => {
    expect(outgoingHeaders({ 'x-client-request-id': value })).toEqual({});
  });

  test('512 characters do go', () => {
    const given = { 'x-client-request-id': 'x'.repeat(512), tracestate: undefined };
    expect(outgoingHeaders(given)).toEqual({ 'x-client-request-id': 'x'.repeat(512) });
  });
});

describe('to the caller', () => {
  test('go what the SDKs read, and nothing else', () => {
    const given = new Headers({
      'openai-processing-ms': '12',
      'openai-version': '2020-10-01',
      'retry-after': '3',
      'retry-after-ms': '2500',
      'openai-organization': 'canary',
      'set-cookie': 'canary',
      'x-request-id': 'canary',
      'x-should-retry': 'false',
      'x-ratelimit-remaining-requests': '1',
      'content-encoding': 'gzip',
      'content-length': '10',
      'transfer-encoding': 'chunked',
      server: 'canary',
      'access-control-allow-origin': '*',
    });
    expect(incomingHeaders(given)).toEqual({
      'openai-processing-ms': '12',
      'openai-version': '2020-10-01',
      'retry-after': '3',
      'retry-after-ms': '2500',
    });
  });

  test('goes nothing where there is nothing', () => {
    expect(incomingHeaders(undefined)).toEqual({});
    expect(incomingHeaders(new Headers({ 'retry-after': 'ä' }))).toEqual({});
  });
});
