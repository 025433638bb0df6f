/** What a scraper is told of one machine, read by a parser of the format. */
import parse from 'parse-prometheus-text-format';
import type { EndedRequest, Origin } from '../../../infra/local/ended-request.ts';
import { type HostDeps, localHost } from '../../../infra/local/host.ts';
import { closed, opened } from '../../../shared/circuits/circuit.ts';
import type { RequestRecord } from '../../../shared/observability/request-record.ts';
import type { CircuitSettings } from '../../../shared/resilience/settings.ts';

const settings = { openSeconds: 60 } as CircuitSettings;

const deps: HostDeps = {
  now: () => 1_000_000,
  underWay: () => 2,
  configured: ['openai/gpt-5.5', 'backup/llama'],
  circuits: async () =>
    new Map([
      ['openai/gpt-5.5', opened(closed(), 'upstream_error', 5, 0, settings)],
      ['backup', opened(closed(), 'upstream_auth', 1, 0, settings)],
    ]),
  queues: new Map([
    ['responses', async () => ({ waiting: 3, inProgress: 2, delayed: 1, deadLetters: 4, oldestAgeSeconds: 61 })],
  ]),
  processFacts: () => ({ startedAtMs: 5_000, cpuMicroseconds: 1_500_000, residentBytes: 1024 }),
};

const ended = (changes: Partial<RequestRecord>, origin: Origin = 'caller'): EndedRequest => ({
  origin,
  record: {
    requestId: 'req_1',
    method: 'POST',
    path: '/chat/completions',
    status: 200,
    outcome: 'ok',
    receivedAtMs: 0,
    latencyMs: 800,
    firstByteMs: 300,
    overheadMs: 4,
    stagesMs: {},
    report: {},
    ...changes,
  },
});

async function scraped(requests: readonly EndedRequest[], changes: Partial<HostDeps> = {}) {
  const host = localHost({ ...deps, ...changes });
  for (const request of requests) host.onEnded(request);
  const text = await host.exposition();
  const families = parse(text);
  const named = (name: string) => families.find((family) => family.name === name);
  const values = (name: string) => named(name)?.metrics.map(({ labels = {}, value }) => [labels, Number(value)]);
  return { text, families, named, values };
}

const report = {
  model: 'gpt-5.5',
  provider: 'openai',
  attempts: 2,
  inputTokens: 100,
  outputTokens: 7,
  costMicroUsd: 1_250_000,
  cache: 'miss',
  safety: 'flagged',
  callerLeft: true,
} as const;

test('requests are counted by route, model, outcome and origin, and so is all that they came to', async () => {
  const { values } = await scraped([
    ended({ report }),
    ended({ report }),
    ended({ status: 429, outcome: 'rate_limit_exceeded' }),
    ended({ report: { model: 'gpt-5.5' } }, 'queue responses'),
  ]);
  const chat = { route: 'POST /chat/completions' };
  expect(values('sluice_requests_total')).toEqual([
    [{ ...chat, model: 'gpt-5.5', outcome: 'ok', origin: 'caller' }, 2],
    [{ ...chat, model: 'none', outcome: 'rate_limit_exceeded', origin: 'caller' }, 1],
    [{ ...chat, model: 'gpt-5.5', outcome: 'ok', origin: 'queue responses' }, 1],
  ]);
  expect(values('sluice_tokens_total')).toEqual([
    [{ model: 'gpt-5.5', direction: 'input' }, 200],
    [{ model: 'gpt-5.5', direction: 'output' }, 14],
  ]);
  expect(values('sluice_cost_dollars_total')).toEqual([[{ model: 'gpt-5.5' }, 2.5]]);
  expect(values('sluice_provider_requests_total')).toEqual([[{ provider: 'openai', outcome: 'ok' }, 2]]);
  expect(values('sluice_provider_attempts_total')).toEqual([[{ model: 'gpt-5.5' }, 4]]);
  expect(values('sluice_cache_requests_total')).toEqual([[{ result: 'miss' }, 2]]);
  expect(values('sluice_guarded_requests_total')).toEqual([[{ status: 'flagged' }, 2]]);
  expect(values('sluice_callers_left_total')).toEqual([[{}, 2]]);
});

test('latencies are histograms in seconds', async () => {
  const { named, text } = await scraped([ended({ latencyMs: 800, firstByteMs: 300 }), ended({ latencyMs: 70_000 })]);
  const [duration] = named('sluice_request_duration_seconds')?.metrics ?? [];
  // The parser drops these two where there are labels.
  const labels = '{route="POST /chat/completions",model="none"}';
  expect(text).toContain(`sluice_request_duration_seconds_sum${labels} 70.8\n`);
  expect(text).toContain(`sluice_request_duration_seconds_count${labels} 2\n`);
  expect(duration?.buckets).toMatchObject({ '0.5': '0', '1': '1', '60': '1', '120': '2', '+Inf': '2' });
  expect(named('sluice_request_first_byte_seconds')?.type).toBe('HISTOGRAM');
  expect(named('sluice_request_overhead_seconds')?.type).toBe('HISTOGRAM');
});

test('whatever paths callers make up are one route', async () => {
  const { values } = await scraped([
    ended({ path: '/v1/…/models', status: 404, outcome: 'unknown_route' }, 'gateway'),
    ended({ path: '/…', status: 404, outcome: 'unknown_route' }, 'gateway'),
    ended({ path: '/v1/chat/completions', status: 413, outcome: 'request_too_large' }, 'gateway'),
  ]);
  expect(values('sluice_requests_total')?.map(([labels]) => (labels as { route: string }).route)).toEqual([
    'none',
    'POST /chat/completions',
  ]);
});

test('circuits, queues and the process are as they are now', async () => {
  const { values } = await scraped([]);
  expect(values('sluice_circuit_open')).toEqual(
    expect.arrayContaining([
      [{ provider: 'openai', model: 'gpt-5.5' }, 1],
      [{ provider: 'backup', model: '*' }, 1],
      [{ provider: 'backup', model: 'llama' }, 0],
    ]),
  );
  expect(values('sluice_queue_messages')).toEqual([
    [{ queue: 'responses', state: 'waiting' }, 3],
    [{ queue: 'responses', state: 'in_progress' }, 2],
    [{ queue: 'responses', state: 'delayed' }, 1],
    [{ queue: 'responses', state: 'dead_letter' }, 4],
  ]);
  expect(values('sluice_queue_oldest_message_age_seconds')).toEqual([[{ queue: 'responses' }, 61]]);
  expect(values('sluice_requests_in_progress')).toEqual([[{}, 2]]);
  expect(values('process_cpu_seconds_total')).toEqual([[{}, 1.5]]);
});

test('a store that is down takes what it would tell with it, and nothing else (I12)', async () => {
  const down = async () => Promise.reject(new Error('down'));
  const { values, named } = await scraped([ended({})], {
    circuits: down,
    queues: new Map([['responses', down]]),
  });
  expect(named('sluice_circuit_open')).toBeUndefined();
  expect(values('sluice_store_readable')).toEqual([
    [{ store: 'circuits' }, 0],
    [{ store: 'queues' }, 0],
  ]);
  expect(values('sluice_requests_total')).toHaveLength(1);
});

test('names are as Prometheus wants them: units spelt out, counters in _total', async () => {
  const { families } = await scraped([ended({ report })]);
  for (const { name, type, help } of families) {
    expect(name).toMatch(/^(sluice|process)_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'COUNTER');
    if (type === 'HISTOGRAM') expect(name).toMatch(/_seconds$/);
    expect(help).toMatch(/^[1A-Z].*\.$/);
  }
});
