import fc from 'fast-check';
import type { RequestRecord } from '../../../shared/observability/request-record.ts';
import { type Span, stagesBeforeFirstByte } from '../../../shared/observability/stages.ts';
import { type Subsegment, xrayDocument } from '../../../shared/observability/xray-document.ts';
import { expectGood, functionSegmentId, rootTraceId, subsegmentsOf } from '../../support/xray-daemon.ts';

const receivedAtMs = Date.parse('2026-11-22T10:00:00Z');
const at = (ms: number) => receivedAtMs + ms;
const seconds = (ms: number) => at(ms) / 1000;

const record = (changes: Partial<RequestRecord> = {}): RequestRecord => ({
  requestId: 'req_1',
  method: 'POST',
  path: '/chat/completions',
  status: 200,
  outcome: 'ok',
  receivedAtMs,
  latencyMs: 400,
  firstByteMs: 100,
  overheadMs: 20,
  stagesMs: { upstream: 70, streaming: 300, settlement: 30 },
  projectId: 'proj_1',
  apiKeyId: 'key_1',
  report: { model: 'test-model', provider: 'openai', attempts: 2, streamed: true, costMicroUsd: 30 },
  ...changes,
});

function counter(): () => string {
  let made = 0;
  return () => (++made).toString(16).padStart(16, '0');
}

const trace = { traceId: rootTraceId, parentId: functionSegmentId, sampled: true };
const document = (noted: readonly Span[], changes: Partial<RequestRecord> = {}, of = trace) =>
  xrayDocument(record(changes), noted, of, counter());

const outline = ({ name, subsegments = [] }: Subsegment): unknown =>
  subsegments.length > 0 ? { [name]: subsegments.map(outline) } : name;

const spans: Span[] = [
  { stage: 'authenticate', startMs: at(0), endMs: at(5) },
  { stage: 'input', startMs: at(5), endMs: at(5) },
  { stage: 'admission', startMs: at(5), endMs: at(20) },
  { stage: 'operation', startMs: at(20), endMs: at(100) },
  {
    stage: 'upstream',
    startMs: at(20),
    endMs: at(50),
    remote: { name: 'openai', why: 'rate_limit_exceeded', status: 429 },
    id: 'aaaaaaaaaaaaaaaa',
  },
  { stage: 'retryWait', startMs: at(50), endMs: at(60) },
  { stage: 'upstream', startMs: at(60), endMs: at(100), remote: { name: 'backup' } },
  { stage: 'tools', startMs: at(150), endMs: at(200), remote: { name: 'get_weather', why: 'timed_out', status: 504 } },
];

test('a request is a subsegment of the function’s segment, with its stages and whoever was asked within', () => {
  const made = document(spans);
  expectGood(made);
  expect(made).toMatchObject({
    trace_id: rootTraceId,
    parent_id: functionSegmentId,
    type: 'subsegment',
    start_time: seconds(0),
    end_time: seconds(430),
  });
  expect(outline(made)).toEqual({
    'POST /chat/completions': [
      'authenticate',
      'admission',
      { operation: ['openai', 'retryWait', 'backup'] },
      { streaming: ['get_weather'] },
      'settlement',
    ],
  });
});

test('who was asked is remote, with what became of it', () => {
  const remote = subsegmentsOf(document(spans)).filter(({ namespace }) => namespace === 'remote');
  expect(remote).toMatchObject([
    { id: 'aaaaaaaaaaaaaaaa', name: 'openai', throttle: true, error: true, http: { response: { status: 429 } } },
    { name: 'backup', http: { response: { status: 200 } }, start_time: seconds(60), end_time: seconds(100) },
    { name: 'get_weather', fault: true, annotations: { stage: 'tools', outcome: 'timed_out' } },
  ]);
  expect(remote[1]).not.toHaveProperty('fault');
});

test('two tools at the same time stand beside each other', () => {
  const made = document([
    { stage: 'operation', startMs: at(0), endMs: at(100) },
    { stage: 'tools', startMs: at(10), endMs: at(90) },
    { stage: 'tools', startMs: at(10), endMs: at(90), remote: { name: 'one' } },
    { stage: 'tools', startMs: at(20), endMs: at(30), remote: { name: 'other' } },
  ]);
  expect(outline(made)).toEqual({
    'POST /chat/completions': [{ operation: [{ tools: ['one', 'other'] }] }, 'streaming', 'settlement'],
  });
});

test('traces are searched by ids, names and outcomes', () => {
  const made = document([], { clientRequestId: 'mine', traceId: 'f'.repeat(32) });
  expect(made.annotations).toEqual({
    route: 'POST /chat/completions',
    request_id: 'req_1',
    client_request_id: 'mine',
    traceparent_trace_id: 'f'.repeat(32),
    project: 'proj_1',
    api_key: 'key_1',
    status: 200,
    outcome: 'ok',
    model: 'test-model',
    provider: 'openai',
    attempts: 2,
    streamed: true,
    cost_micro_usd: 30,
  });
});

test.each([
  [200, 'ok', {}],
  [400, 'invalid_request', { error: true }],
  [429, 'rate_limit_exceeded', { error: true, throttle: true }],
  [502, 'upstream_error', { fault: true }],
  [200, 'upstream_error', { fault: true }],
])('a %s that ended as %s is flagged %j', (status, outcome, flags) => {
  const { error, throttle, fault } = document([], { status, outcome });
  expect(JSON.parse(JSON.stringify({ error, throttle, fault }))).toEqual(flags);
});

test('what has a trace of its own is a segment', () => {
  const made = xrayDocument(record(), spans, { traceId: rootTraceId, sampled: true }, counter());
  expectGood(made);
  expect(made).toMatchObject({ name: 'sluice', http: { request: { method: 'POST' }, response: { status: 200 } } });
  expect(made).not.toHaveProperty('parent_id');
  expect(made).not.toHaveProperty('type');
});

test('names that X-Ray does not take are made fit', () => {
  const remote = { name: `my "provider"; {${'x'.repeat(300)}` };
  const made = document([{ stage: 'upstream', startMs: at(0), endMs: at(1), remote }], {
    path: '/organization/projects/{project_id}',
  });
  expectGood(made);
  expect(made.name).toBe('POST /organization/projects/:project_id');
});

test('whatever overlaps, times nest, ids are unique, and the document fits', () => {
  const moment = fc.integer({ min: -50, max: 600 });
  const remote = fc.option(fc.record({ name: fc.string({ maxLength: 300, minLength: 1, unit: 'binary' }) }), {
    nil: undefined,
  });
  const anySpan = fc.tuple(fc.constantFrom(...stagesBeforeFirstByte), moment, fc.option(moment), remote).map(
    ([stage, start, end, asked]): Span => ({
      stage,
      startMs: at(start),
      endMs: end === null ? null : at(Math.max(start, end)),
      ...(asked && { remote: asked }),
    }),
  );
  fc.assert(
    fc.property(fc.array(anySpan, { maxLength: 100 }), (noted) => {
      const made = document(noted);
      expectGood(made);
      const names = subsegmentsOf(made).filter(({ namespace }) => namespace === 'remote');
      expect(names).toHaveLength(noted.filter((span) => span.remote).length);
    }),
    { numRuns: 60 },
  );
});
