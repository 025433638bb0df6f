import type { Health } from '../../../shared/health/health-object.ts';
import { type Findings, overall } from '../../../shared/health/overall.ts';

type Status = Health['stores'][number]['status'];
const one = (name: string, status: Status = 'ok') => ({
  name,
  status,
  reason: status === 'ok' ? null : 'Because.',
  latency_ms: 1,
});
const table = (name: string, status: Status) => ({ ...one(name, status), kind: 'table' as const });
const provider = (name: string, status: Status) => ({ ...one(name, status), kind: 'openai' });
const queue = (status: Status) => ({
  ...one('responses', status),
  waiting: 0,
  in_progress: 0,
  delayed: 0,
  dead_letters: 0,
  oldest_age_seconds: null,
});
const circuit = {
  id: 'circ_1',
  provider: 'a',
  model: 'm',
  state: 'open' as const,
  reason: 'upstream_error',
  retry_at: 1,
};

const well: Findings = {
  stores: [table('keys', 'ok'), table('responseCache', 'ok'), { ...one('bodies'), kind: 'bucket' }],
  secrets: [one('pepper')],
  queues: [queue('ok')],
  providers: [provider('a', 'ok'), provider('b', 'ok')],
  circuits: [],
  metrics: null,
  alerts: [],
};

test.each<[Health['status'], Partial<Findings>, string[]]>([
  ['ok', {}, []],
  ['ok', { providers: [provider('a', 'unknown')] }, []],
  ['ok', { providers: [] }, []],
  ['ok', { circuits: null, alerts: null }, []],
  ['degraded', { stores: [table('responseCache', 'unavailable')] }, ['table responseCache: Because.']],
  ['degraded', { stores: [{ ...one('keys', 'unavailable'), kind: 'bucket' }] }, ['bucket keys: Because.']],
  ['degraded', { stores: [table('keys', 'degraded')] }, ['table keys: Because.']],
  ['degraded', { queues: [queue('degraded')] }, ['queue responses: Because.']],
  ['degraded', { providers: [provider('a', 'unavailable'), provider('b', 'ok')] }, ['provider a: Because.']],
  ['degraded', { providers: [provider('a', 'unavailable'), provider('b', 'unknown')] }, ['provider a: Because.']],
  ['degraded', { circuits: [circuit] }, ['circuit a/m: open, upstream_error.']],
  ['degraded', { circuits: [{ ...circuit, model: null, reason: null }] }, ['circuit a: open.']],
  ['degraded', { alerts: [{ name: 'CircuitOpened', since: 1, description: 'x' }] }, ['alert: CircuitOpened']],
  ['down', { secrets: [one('pepper', 'unavailable')] }, ['secret pepper: Because.']],
  ['down', { providers: [provider('a', 'unavailable')] }, ['provider a: Because.']],
  ...['keys', 'projects', 'admission', 'usage'].map((name): [Health['status'], Partial<Findings>, string[]] => [
    'down',
    { stores: [table(name, 'unavailable')] },
    [`table ${name}: Because.`],
  ]),
])('is %s with %j', (status, changes, reasons) => {
  expect(overall({ ...well, ...changes })).toEqual({ status, reasons });
});
