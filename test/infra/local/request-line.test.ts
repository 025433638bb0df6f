/** Lines that a person reads down: each thing at its place, and nothing that anybody has said. */
import fc from 'fast-check';
import type { EndedRequest, Origin } from '../../../infra/local/ended-request.ts';
import { requestLine } from '../../../infra/local/request-line.ts';
import type { RequestRecord } from '../../../shared/observability/request-record.ts';

const atMs = new Date(2026, 10, 22, 9, 5, 7).getTime();

const ended = (changes: Partial<RequestRecord> = {}, origin: Origin = 'caller'): EndedRequest => ({
  origin,
  record: {
    requestId: 'req_1',
    method: 'POST',
    path: '/chat/completions',
    status: 200,
    outcome: 'ok',
    receivedAtMs: atMs - 812.4,
    latencyMs: 812.4,
    firstByteMs: 800,
    overheadMs: 3,
    stagesMs: {},
    report: { model: 'gpt-5.5', provider: 'openai', inputTokens: 1200, outputTokens: 34, costMicroUsd: 1234 },
    ...changes,
  },
});
const line = (changes: Partial<RequestRecord> = {}, origin?: Origin) =>
  requestLine(ended(changes, origin), { colours: false });

describe('the line of a request', () => {
  test('has local time, method, path, model, status, milliseconds, tokens, dollars and provider', () => {
    expect(line()).toBe(
      '09:05:07 POST   /v1/chat/completions               gpt-5.5              200     812 ms      1200 in 34 out    $0.001234 openai',
    );
  });

  test('has each at the same place, whatever else is missing', () => {
    const admin = line({ method: 'DELETE', path: '/organization/projects/{project_id}', report: {} });
    expect(admin).toBe('09:05:07 DELETE …rganization/projects/{project_id}                      200     812 ms');
    expect(admin.indexOf(' ms')).toBe(line().indexOf(' ms'));
  });

  test.each<[string, Partial<RequestRecord>, Origin, string]>([
    ['an error', { status: 429, outcome: 'rate_limit_exceeded', report: {} }, 'caller', 'rate_limit_exceeded'],
    ['a stream that broke off', { outcome: 'upstream_error', report: { provider: 'a' } }, 'caller', 'a upstream_error'],
    ['a hit of the cache', { report: { provider: 'a', cache: 'hit' } }, 'caller', 'a cache hit'],
    ['the cache off', { report: { provider: 'a', cache: 'bypass' } }, 'caller', 'a'],
    ['several attempts', { report: { provider: 'b', attempts: 2 } }, 'caller', 'b 2 attempts'],
    ['a guardrail', { report: { safety: 'blocked' } }, 'caller', 'safety blocked'],
    ['a caller who left', { report: { provider: 'a', callerLeft: true } }, 'caller', 'a caller left'],
    ['work of a queue', { report: { provider: 'a' } }, 'queue responses', 'a (queue responses)'],
  ])('tells of %s', (_name, changes, origin, said) => {
    expect(line(changes, origin).slice(120).trim()).toBe(said);
  });

  test('tells a cost of nothing from one that is not known', () => {
    expect(line({ report: { costMicroUsd: 0, inputTokens: 0 } })).toMatch(/ 0 in 0 out +\$0\.000000$/);
    expect(line({ report: {} })).not.toContain('$');
  });

  test('cuts long names', () => {
    const text = line({ report: { model: `ft:${'m'.repeat(60)}`, provider: 'p'.repeat(60) } });
    expect(text).toContain(` ft:${'m'.repeat(16)}… `);
    expect(text).toMatch(/ p{39}…$/);
  });

  test('shows the path of what the gateway answered itself as it is', () => {
    expect(line({ path: '/v1/v1/models', status: 404 }, 'gateway')).toContain(' /v1/v1/models ');
  });

  test('has no character that a terminal would obey, whatever names there are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.string(),
        (model, provider, path) => {
          const text = line({ path, method: provider, outcome: model, report: { model, provider } });
          expect(text).toMatch(/^[\x20-\x7e…]*$/);
        },
      ),
    );
  });

  test('is as long as its columns, whatever is in them', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (model, path) => {
        expect(line({ path, report: { model, costMicroUsd: 5 } })).toHaveLength(119);
      }),
    );
  });
});

describe('colours', () => {
  const code = '\u001b[';
  const coloured = (changes: Partial<RequestRecord>) => requestLine(ended(changes), { colours: true });

  test.each([
    [200, 'ok', `${code}32m200`],
    [404, 'not_found', `${code}33m404`],
    [502, 'upstream_error', `${code}31m502`],
    [200, 'upstream_error', `${code}31m200`],
  ])('%d with %s', (status, outcome, shown) => {
    expect(coloured({ status, outcome })).toContain(shown);
  });

  test('say the same as the line without them', () => {
    const changes = { status: 429, outcome: 'rate_limit_exceeded' };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours.
    expect(coloured(changes).replace(/\u001b\[\d+m/g, '')).toBe(line(changes));
  });
});
