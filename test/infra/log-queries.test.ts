/** The saved queries, asked of what the gateway really writes. */
import { type LogQuery, logQueries } from '../../infra/log-queries.ts';
import { powertoolsLog } from '../../shared/observability/log.ts';
import { batchId, lineAsker } from '../support/batch-line.ts';
import { answerQuery, discovered, type Row } from '../support/logs-insights.ts';
import { moderated, setPolicy, unsafeText } from '../support/safety-scene.ts';
import { question, scene } from '../support/scene.ts';
import { refusal, wellBehaved } from '../support/scripted-provider.ts';
import { type Stack, synthesize } from './assembly.ts';

const { POWERTOOLS_LOG_LEVEL: usualLevel } = process.env;
process.env['POWERTOOLS_LOG_LEVEL'] = 'INFO';
// Warnings and errors go to the other.
const outputs = [process.stdout, process.stderr].map((output) => ({ output, write: output.write }));
const written: Row[] = [];

beforeAll(() => {
  for (const { output, write } of outputs)
    output.write = (chunk: string | Uint8Array) => {
      const text = String(chunk);
      if (!text.startsWith('{"level"')) return write.call(output, chunk);
      const line = JSON.parse(text) as { readonly timestamp: string };
      written.push({ ...discovered(line), '@timestamp': line.timestamp, '@message': text, '@log': 'the function' });
      return true;
    };
});
afterAll(() => {
  for (const { output, write } of outputs) output.write = write;
  process.env['POWERTOOLS_LOG_LEVEL'] = usualLevel;
});

// After the capture, so that its lines are seen.
const here = scene({ override: () => ({ log: powertoolsLog() }) });

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
const report = (initDuration: number | null): Row => ({
  '@type': 'REPORT',
  '@log': 'the function',
  '@duration': 12,
  '@maxMemoryUsed': 123_000_000,
  ...(initDuration !== null && { '@initDuration': initDuration }),
});

const called = (name: (typeof logQueries)[number]['name']): string => {
  const found = logQueries.find((query) => query.name === name);
  return found?.query.join('\n| ') ?? '';
};
const rowsOf = (...[name]: Parameters<typeof called>) => answerQuery(called(name), written).rows;

let requestId = '';
const clientRequestId = 'the-callers-own-name';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const theirs = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-client-request-id': clientRequestId };

/** Everything that somebody may want to ask of the log. */
async function life(): Promise<void> {
  const { gateway, tenant, provider, database } = here();
  provider.script = (response, asked) => {
    gateway.clock.nowMs += 40;
    return wellBehaved(response, asked);
  };
  const { response } = await tenant.client.chat.completions.create(question, { headers: theirs }).withResponse();
  requestId = response.headers.get('x-request-id') ?? '';

  provider.script = refusal(500, { message: 'out of order' });
  await tenant.client.chat.completions.create(question).catch(() => {});

  const limited = await gateway.tenant();
  const limit = { project_id: limited.projectId, max_requests_per_1_minute: 1, burst: 1 };
  await gateway.admin().admin.organization.projects.rateLimits.updateRateLimit('rl_project', limit);
  provider.script = moderated();
  for (let call = 0; call < 3; call += 1) await limited.client.chat.completions.create(question).catch(() => {});

  const guarded = await gateway.tenant();
  await setPolicy(gateway, guarded.projectId, { moderation: { input: 'block' } });
  const unsafe = { ...question, messages: [{ role: 'user' as const, content: unsafeText }] };
  await guarded.client.chat.completions.create(unsafe).catch(() => {});

  await lineAsker(gateway, database)(tenant, '/v1/chat/completions', question);
  await gateway.idle();
}
beforeAll(life, 60_000);

test('a request by its outcome, with its latency', () => {
  const rows = rowsOf('Requests by outcome');
  expect(rows).toContainEqual(
    expect.objectContaining({ outcome: 'ok', status: 200, route: 'POST /chat/completions', p95Ms: expect.any(Number) }),
  );
  expect(rows).toContainEqual(expect.objectContaining({ outcome: 'rate_limit_exceeded', status: 429 }));
});

test('the slowest requests, slowest first, with what their time went into', () => {
  const rows = rowsOf('Slowest requests, and what their time went into');
  const latencies = rows.map(({ latencyMs }) => Number(latencyMs));
  expect(latencies.length).toBeGreaterThan(4);
  expect(latencies).toEqual(latencies.toSorted((a, b) => b - a));
  expect(rows).toContainEqual(expect.objectContaining({ requestId, 'stagesMs.upstream': 40 }));
});

test('a model with its provider, apart from the gateway', () => {
  expect(rowsOf('Gateway and providers, by model')).toContainEqual({
    model: 'test-model',
    provider: 'scripted',
    requests: expect.any(Number),
    firstByteP95Ms: expect.any(Number),
    gatewayP95Ms: expect.any(Number),
    providerP95Ms: expect.any(Number),
  });
});

test('a request by its id or what its caller calls it, all its lines and no other', () => {
  const query = called('One request by its id');
  expect(answerQuery(query, written).rows).toEqual([]);
  for (const id of [requestId, clientRequestId, traceId]) {
    const { rows } = answerQuery(query.replaceAll('REQUEST_ID', id), written);
    expect(rows).toEqual([expect.objectContaining({ message: 'request', level: 'INFO', outcome: 'ok' })]);
  }
});

test('what a project has spent on a model, in dollars', () => {
  const { tenant } = here();
  const [row] = rowsOf('Spend by project and model').filter(({ projectId }) => projectId === tenant.projectId);
  const spent = written.filter((line) => line['projectId'] === tenant.projectId && line['message'] === 'request');
  const microUsd = spent.reduce((sum, line) => sum + Number(line['costMicroUsd'] ?? 0), 0);
  expect(microUsd).toBeGreaterThan(0);
  expect(row).toMatchObject({ model: 'test-model', tokensIn: expect.any(Number), tokensOut: expect.any(Number) });
  expect(row?.['dollars']).toBeCloseTo(microUsd / 1_000_000, 9);
});

test('an attempt that failed, by its provider and why', () => {
  const rows = rowsOf('Failed attempts by provider');
  expect(rows).toContainEqual({
    provider: 'scripted',
    why: 'upstream_error',
    attempts: expect.any(Number),
    requests: 1,
  });
});

test('who is held back by a limit, and not whom a provider throttles', () => {
  expect(rowsOf('Who is held back by limits and budgets')).toEqual([
    {
      projectId: expect.stringMatching(/^proj_/),
      apiKeyId: expect.any(String),
      outcome: 'rate_limit_exceeded',
      refused: 2,
    },
  ]);
});

test('what guardrails have blocked, and whose it was', () => {
  expect(rowsOf('What guardrails did')).toEqual([
    expect.objectContaining({ safety: 'blocked', outcome: 'content_policy_violation', requests: 1 }),
  ]);
});

test('a line of a batch', () => {
  const query = called('A batch, line by line').replaceAll('BATCH_ID', batchId);
  expect(answerQuery(query, written).rows).toEqual([
    expect.objectContaining({ requestId: expect.stringMatching(/^batch_req_/), outcome: 'ok' }),
  ]);
});

test('an error, with where it was thrown', () => {
  const rows = rowsOf('Errors, and where they were thrown');
  expect(rows).toContainEqual(
    expect.objectContaining({
      message: 'request failed',
      why: 'upstream_error',
      'error.name': expect.any(String),
      'error.frames.0': expect.stringMatching(/^at /),
    }),
  );
});

test('cold starts, by function', () => {
  const lines = [report(null), report(250), report(null), report(400)];
  expect(answerQuery(called('Cold starts'), lines).rows).toEqual([
    { '@log': 'the function', calls: 4, coldStarts: 2, initP95Ms: 400, mostMemoryMb: 123 },
  ]);
});

test.each(logQueries.map((query) => [query.name, query.query.join('\n| ')]))(
  '"%s" names no field that no line has',
  (_, query) => {
    const known = new Set([...written, report(1)].flatMap(Object.keys));
    // A cause is there only where there was one.
    const seldom = ['error.code', 'error.cause.name', 'error.cause.code'];
    const stagesNotHere = /^stagesMs\./;
    const { fields } = answerQuery(query, []);
    expect(
      [...fields].filter((name) => !known.has(name) && !seldom.includes(name) && !stagesNotHere.test(name)),
    ).toEqual([]);
  },
);

describe('on AWS', () => {
  type QueryDefinition = {
    readonly Name: string;
    readonly QueryString: string;
    readonly LogGroupNames: readonly unknown[];
  };
  let stack: Stack;
  beforeAll(async () => {
    stack = await synthesize('dev');
  }, 120_000);

  test('they are in a folder of the stage, over every function, in no more groups than a query may have', () => {
    const made = stack.of<QueryDefinition>('AWS::Logs::QueryDefinition').map(([, { Properties }]) => Properties);
    expect(made.map(({ Name }) => Name)).toEqual(logQueries.map(({ name }) => `Sluice/dev/${name}`));
    const groups = stack.of('AWS::Logs::LogGroup').filter(([id]) => stack.functionName(id) !== '').length;
    for (const [index, { LogGroupNames, QueryString }] of made.entries()) {
      const { accessLogs, query }: LogQuery = logQueries[index] ?? { name: '', query: [] };
      expect(QueryString).toBe(query.join('\n| '));
      expect(LogGroupNames).toHaveLength(groups + (accessLogs ? 1 : 0));
      // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
      expect(LogGroupNames.length).toBeLessThanOrEqual(50);
    }
  });
});
