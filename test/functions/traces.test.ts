/** What X-Ray, providers and tools are told of the trace that a request belongs to. */
import { lineAsker } from '../support/batch-line.ts';
import { baseURL } from '../support/gateway.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import { answer, completion, refusal, spoken, stream } from '../support/scripted-provider.ts';
import { respondedWith } from '../support/scripted-responses.ts';
import { saying } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';
import {
  expectGood,
  functionSegmentId,
  lookedAtClosely,
  rootTraceId,
  servedDaemon,
  subsegmentsOf,
  tracedBy,
  traceHeader,
} from '../support/xray-daemon.ts';

const daemon = servedDaemon();
const second = anotherProvider();
const tools = servedTools();
const on = scene(
  {
    environment: { ...lookedAtClosely, ...loopbackTools, SLUICE_LOG_DEBUG_SHARE: '0' },
    override: (root) => tracedBy(daemon(), root),
  },
  (url) => ({
    providers: {
      scripted: { kind: 'openai', baseURL: url, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'native' },
      second: { kind: 'openai', baseURL: second().baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY' },
    },
    models: {
      'test-model': { targets: ['scripted/upstream-model'], price: { input: 1, output: 4 }, contextWindow: 128_000 },
      'two-models': {
        targets: ['scripted/upstream-model', 'second/upstream-model'],
        price: { input: 1, output: 4 },
        contextWindow: 128_000,
      },
    },
    resilience: { circuit: { failures: 1_000_000 } },
  }),
);
beforeAll(async () => {
  await registered(on().gateway, tools().url);
});

/** As W3C writes X-Ray's. */
const sameTrace = rootTraceId.slice(2).replace('-', '');
const callersTraceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${callersTraceId}-00f067aa0ba902b7-01`;

const ask = (body: object, headers: Record<string, string> = {}, key = on().tenant.key) =>
  on().gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...question, ...body }),
  });

async function traced(response: Response) {
  await response.text();
  await on().gateway.idle();
  const document = await daemon().documentOf(response.headers.get('x-request-id') ?? '');
  expectGood(document);
  return document;
}

describe('of a request that X-Ray has sampled', () => {
  test('it is told the stages and the provider, below the function’s segment', async () => {
    const { gateway, provider, tenant } = on();
    provider.script = (response, asked) => {
      gateway.clock.nowMs += 40;
      return answer(completion('Paris'))(response, asked);
    };
    const document = await traced(await ask({}));
    expect(document).toMatchObject({ trace_id: rootTraceId, parent_id: functionSegmentId, type: 'subsegment' });
    expect(document.annotations).toMatchObject({
      project: tenant.projectId,
      model: 'test-model',
      outcome: 'ok',
      provider: 'scripted',
    });
    const upstream = subsegmentsOf(document).find(({ namespace }) => namespace === 'remote');
    expect(upstream).toMatchObject({ name: 'scripted', http: { response: { status: 200 } } });
    expect((upstream?.end_time ?? 0) - (upstream?.start_time ?? 0)).toBeCloseTo(0.04, 5);
  });

  test('each attempt is one of its own, and each provider is told its own as the parent', async () => {
    const { provider } = on();
    provider.script = refusal(429, { message: 'slow down' });
    const document = await traced(await ask({ model: 'two-models' }));
    const attempts = subsegmentsOf(document).filter(({ namespace }) => namespace === 'remote');
    expect(attempts).toMatchObject([
      { name: 'scripted', throttle: true, error: true, annotations: { outcome: 'rate_limit_exceeded' } },
      { name: 'second', http: { response: { status: 200 } } },
    ]);
    const told = [provider.asked[0], second().asked[0]].map((asked) => asked?.headers['traceparent']);
    expect(told).toEqual(attempts.map(({ id }) => `00-${sameTrace}-${id}-01`));
  });

  test('a stream has its streaming in it, after the provider has begun', async () => {
    const { gateway, provider } = on();
    const { promise: begun, resolve: proceed } = Promise.withResolvers<void>();
    provider.script = async (response) => {
      const [first = '', ...rest] = spoken(['a', 'b']);
      gateway.clock.nowMs += 20;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(first);
      await begun;
      gateway.clock.nowMs += 50;
      response.end(rest.join(''));
    };
    const response = await ask({ stream: true });
    proceed();
    const all = subsegmentsOf(await traced(response));
    const [upstream, streaming] = ['scripted', 'streaming'].map((wanted) => all.find(({ name }) => name === wanted));
    expect(streaming?.start_time).toBe(upstream?.end_time);
    expect((streaming?.end_time ?? 0) - (streaming?.start_time ?? 0)).toBeCloseTo(0.05, 5);
  });

  test('a stream that breaks off is a fault, whatever its status was', async () => {
    on().provider.script = stream(spoken(['a']).slice(0, 1));
    expect(await traced(await ask({ stream: true }))).toMatchObject({ fault: true, annotations: { status: 200 } });
  });

  test('a refusal is told as well', async () => {
    const document = await traced(await ask({ messages: 'none' }));
    expect(document).toMatchObject({ error: true, annotations: { outcome: 'invalid_request', status: 400 } });
  });

  test('tools are told, and are in it', async () => {
    const { provider } = on();
    const call = { id: 'call_1', name: 'get_weather', given: { location: 'Paris' } };
    provider.script = saying([call], 'Sunny.');
    const weather = [{ type: 'function', function: { name: 'sluice:get_weather' } }];
    const document = await traced(await ask({ tools: weather }));
    const tool = subsegmentsOf(document).find(({ name }) => name === 'get_weather');
    expect(tool).toMatchObject({ namespace: 'remote', annotations: { stage: 'tools' } });
    expect(tools().called[0]?.headers['traceparent']).toBe(`00-${sameTrace}-${tool?.id}-01`);
  });

  test('whose caller has a trace, that goes on as it came, and is found by it', async () => {
    const { provider } = on();
    const document = await traced(await ask({}, { traceparent, tracestate: 'vendor=1' }));
    expect(document.annotations).toMatchObject({ traceparent_trace_id: callersTraceId });
    expect(provider.asked[0]?.headers).toMatchObject({ traceparent, tracestate: 'vendor=1' });
  });

  test('whose caller has the same trace, the provider is told of the attempt within it', async () => {
    const { provider } = on();
    const own = `00-${sameTrace}-00f067aa0ba902b7-01`;
    const document = await traced(await ask({}, { traceparent: own, tracestate: 'vendor=1' }));
    const attempt = subsegmentsOf(document).find(({ namespace }) => namespace === 'remote');
    expect(provider.asked[0]?.headers).toMatchObject({
      traceparent: `00-${sameTrace}-${attempt?.id}-01`,
      tracestate: 'vendor=1',
    });
  });

  test('a trace that is none goes nowhere, nor does its state', async () => {
    const { provider } = on();
    const document = await traced(await ask({}, { traceparent: 'none-of-them', tracestate: 'vendor=1' }));
    const attempt = subsegmentsOf(document).find(({ namespace }) => namespace === 'remote');
    expect(provider.asked[0]?.headers['traceparent']).toBe(`00-${sameTrace}-${attempt?.id}-01`);
    expect(provider.asked[0]?.headers).not.toHaveProperty('tracestate');
  });

  test('the log has the trace as the provider was told of it', async () => {
    const { gateway } = on();
    await traced(await ask({}));
    const line = gateway.logs.find(({ message }) => message === 'request');
    expect(line?.facts).toMatchObject({ traceId: sameTrace });
  });
});

test('a response in the background has a trace of its own', async () => {
  const { gateway, provider, tenant } = on();
  provider.script = answer(respondedWith('Paris'));
  const queued = await tenant.client.responses.create({ model: 'test-model', input: 'Where?', background: true });
  await gateway.runQueue('responses');
  const document = await daemon().documentOf(queued.id);
  expectGood(document);
  expect(document).toMatchObject({ name: 'sluice', annotations: { outcome: 'ok' } });
  expect(document).not.toHaveProperty('parent_id');
  expect(document.trace_id).not.toBe(rootTraceId);
  // Its time is the time at which it was made.
  expect(Number.parseInt(document.trace_id.slice(2, 10), 16)).toBe(Math.floor(gateway.clock.nowMs / 1000));
  const attempt = subsegmentsOf(document).find(({ namespace }) => namespace === 'remote');
  const own = document.trace_id.slice(2).replace('-', '');
  expect(provider.asked[0]?.headers['traceparent']).toBe(`00-${own}-${attempt?.id}-01`);
});

test('each line of a batch has a trace of its own', async () => {
  const { gateway, database, tenant } = on();
  const ask = lineAsker(gateway, database);
  const requestIds = ['batch_req_1', 'batch_req_2'];
  await Promise.all(requestIds.map((requestId) => ask(tenant, '/v1/chat/completions', question, { requestId })));
  const documents = await Promise.all(requestIds.map((requestId) => daemon().documentOf(requestId)));
  for (const document of documents) {
    expectGood(document);
    expect(document).not.toHaveProperty('parent_id');
  }
  expect(new Set([rootTraceId, ...documents.map(({ trace_id }) => trace_id)]).size).toBe(3);
});

test('requests at the same time have a document each, with nothing of each other in it (I10)', async () => {
  const { gateway, provider } = on();
  const tenants = await Promise.all(['a', 'b', 'c', 'd'].map((name) => gateway.tenant(name)));
  daemon().documents.length = 0;
  provider.script = (response, asked) => stream(spoken(['x', 'y']), { pauseMs: 3 })(response, asked);
  const asked = tenants.flatMap(({ key, projectId }) =>
    Array.from({ length: 4 }, async () => ({ projectId, response: await ask({ stream: true }, {}, key) })),
  );
  for (const { projectId, response } of await Promise.all(asked)) {
    const document = await traced(response);
    expect(document.annotations).toMatchObject({ project: projectId });
    expect(subsegmentsOf(document).filter(({ namespace }) => namespace === 'remote')).toHaveLength(1);
  }
});

describe('where nobody traces', () => {
  const untraced = scene({
    environment: { _X_AMZN_TRACE_ID: traceHeader(0) },
    override: (root) => tracedBy(daemon(), root),
  });

  test('X-Ray is told nothing, and a provider only what the caller has said', async () => {
    const { gateway, provider, tenant } = untraced();
    await tenant.client.chat.completions.create(question);
    await tenant.client.chat.completions.create(question, { headers: { traceparent } });
    await gateway.idle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(daemon().documents).toEqual([]);
    expect(provider.asked[0]?.headers).not.toHaveProperty('traceparent');
    expect(provider.asked[1]?.headers).toMatchObject({ traceparent });
  });
});

describe('where the daemon is gone', () => {
  const lonely = scene({ environment: { ...lookedAtClosely, AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:9' } });

  test('requests are answered all the same, and nothing is said of it', async () => {
    const { gateway, tenant } = lonely();
    const { choices } = await tenant.client.chat.completions.create(question);
    expect(choices).toHaveLength(1);
    await gateway.idle();
    expect(gateway.logs.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });
});
