import { createObserving, type ObservingDeps } from '../../../shared/observability/observing.ts';
import type { RequestRecord } from '../../../shared/observability/request-record.ts';
import { begin, end, type Trail, traceHeaders } from '../../../shared/observability/trail.ts';
import { functionSegmentId, rootTraceId, traceHeader } from '../../support/xray-daemon.ts';

const sent: object[] = [];
const lines: string[] = [];
beforeEach(() => {
  sent.length = 0;
  lines.length = 0;
});
const note = (message: string) => void lines.push(message);

const observing = (changes: Partial<ObservingDeps> = {}) =>
  createObserving({
    log: { info: note, warn: note, error: note },
    logDebug: note,
    now: () => 1_000,
    random: () => 0.5,
    randomHex: (digits) => 'a'.repeat(digits),
    debugShare: 0,
    traceHeader: () => traceHeader(),
    sendDocument: async (document) => void sent.push(document),
    ...changes,
  });

const record: RequestRecord = {
  requestId: 'req_1',
  method: 'GET',
  path: '/models',
  status: 200,
  outcome: 'ok',
  receivedAtMs: 1_000,
  latencyMs: 1,
  firstByteMs: 1,
  overheadMs: 1,
  stagesMs: {},
  report: {},
};
const trailOf = (begun: ReturnType<ReturnType<typeof observing>['begin']>): Trail => ({
  now: () => 1_000,
  spans: [],
  ...begun,
});

test('the invocation’s own word goes before the environment’s, which another request may have changed (I10)', () => {
  const other = '1-00000001-aaaaaaaaaaaaaaaaaaaaaaaa';
  const xRayTraceId = `Root=${other};Parent=bbbbbbbbbbbbbbbb;Sampled=0`;
  expect(observing().begin('req_1', { xRayTraceId }).xray).toMatchObject({ traceId: other, sampled: false });
  expect(observing().begin('req_1', {}).xray).toMatchObject({ traceId: rootTraceId, parentId: functionSegmentId });
});

test('without a daemon there is no trace', () => {
  expect(observing({ sendDocument: null }).begin('req_1', {})).toEqual({});
});

test.each([
  [0, false],
  [0.4, false],
  [0.6, true],
  [1, true],
])('of a share of %d, 0.5 is looked at: %s', (debugShare, isSampled) => {
  const { debug } = observing({ debugShare }).begin('req_1', {});
  expect(debug !== undefined).toBe(isSampled);
  debug?.('noticed', {});
  expect(lines).toEqual(isSampled ? ['noticed'] : []);
});

test('only a sampled trace is told', async () => {
  const { begin: began, ended } = observing();
  await ended(record, trailOf(began('req_1', {})));
  expect(sent).toHaveLength(1);
  const silent = observing({ traceHeader: () => traceHeader(0) });
  await silent.ended(record, trailOf(silent.begin('req_1', {})));
  await silent.ended(record, undefined);
  expect(sent).toHaveLength(1);
});

test('what goes wrong with a trace is a line in the log', async () => {
  const failing = observing({
    sendDocument: async () => {
      throw new Error('no');
    },
  });
  await failing.ended(record, trailOf(failing.begin('req_1', {})));
  expect(lines).toEqual(['trace not sent']);
});

test('of an endless run, the first hundred spans are noted', () => {
  const trail = trailOf({});
  for (let index = 0; index < 150; index += 1) end(trail, begin(trail, 'upstream', { name: 'p' }));
  expect(trail.spans).toHaveLength(100);
  expect(begin(trail, 'upstream')).toBeNull();
});

test('what is no longer noted passes on no id that nobody has', () => {
  const { begin: began } = observing();
  expect(traceHeaders(trailOf(began('req_1', {})), null)).toEqual({});
});
