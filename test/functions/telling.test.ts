/** What is told of a request when it is over neither changes its answer nor its accounts, and it is told of answers that break off. */
import { toFile } from 'openai';
import { createHandler } from '../../functions/file-content.ts';
import { gatewayEvent } from '../../infra/local/event.ts';
import { invoke, type LambdaHandler, lambdaContext } from '../../infra/local/invoke.ts';
import { batchRoutes } from '../../infra/routes/batches.ts';
import { fileContentDeps } from '../../shared/file-deps.ts';
import { routeIn } from '../../shared/http/route.ts';
import { streamed } from '../../shared/http/streamed.ts';
import type { RequestRecord } from '../../shared/observability/request-record.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';

let metricsFail = false;
const on = scene({
  override: ({ emitMetrics }) => ({
    emitMetrics: (line) => {
      if (metricsFail) throw new RangeError('The value is not a number.');
      emitMetrics(line);
    },
  }),
});
afterEach(() => {
  metricsFail = false;
});

const linesOf = (message: string) => on().gateway.logs.filter((line) => line.message === message);

test('where metrics cannot be told, the request is answered, settled and logged as ever', async () => {
  const { provider, gateway } = on();
  const tenant = await gateway.tenant('untold');
  await gateway.idle();
  gateway.logs.length = 0;
  metricsFail = true;
  provider.script = answer(completion('Paris', usage(10, 5)));
  const { choices } = await tenant.client.chat.completions.create(question);
  expect(choices[0]?.message.content).toBe('Paris');
  expect((await tenant.client.files.list()).data).toEqual([]);
  expect(await on().ledger(tenant.projectId)).toMatchObject([{ costMicroUsd: 30 }]);
  await gateway.idle();
  expect(linesOf('request not told of')).toHaveLength(2);
});

test('a clock that is set back makes no time negative', async () => {
  const { provider, tenant, gateway } = on();
  provider.script = (response, asked) => {
    gateway.clock.nowMs -= 5_000;
    return answer(completion('Paris', usage(10, 5)))(response, asked);
  };
  const { response } = await tenant.client.chat.completions.create(question).withResponse();
  expect(response.headers.get('openai-processing-ms')).toBe('0');
  await gateway.idle();
  const times = gateway.metrics.flatMap((line) => Object.values(line)).filter((value) => typeof value === 'number');
  expect(Math.min(...times)).toBe(0);
});

test.each(['stream', 'buffered'] as const)('an answer that breaks off is told of as one: %s', async (mode) => {
  const { tenant, gateway } = on();
  const { id } = await tenant.client.files.create({ file: await toFile(Buffer.from('abc'), 'a'), purpose: 'batch' });
  await gateway.idle();
  gateway.logs.length = 0;
  async function* broken() {
    yield Buffer.from('a');
    throw new Error('canary-of-a-message');
  }
  const objects = { read: broken, downloadUrl: async () => null };
  const deps = { ...fileContentDeps(gateway.live), responseMode: mode, objects: objects as never };
  const event = gatewayEvent(
    {
      method: 'GET',
      url: `/v1/files/${id}/content`,
      rawHeaders: ['authorization', `Bearer ${tenant.key}`],
      body: Buffer.alloc(0),
      sourceIp: '127.0.0.1',
      requestId: 'broken',
      receivedAtMs: gateway.clock.nowMs,
    },
    { route: routeIn(batchRoutes, 'retrieveFileContent'), parameters: { file_id: id } },
  );
  const records: RequestRecord[] = [];
  let ends = 0;
  const work = invoke({
    handler: streamed(createHandler(deps), mode) as LambdaHandler,
    event,
    context: lambdaContext('file-content', 'broken', () => Date.now(), { onRequestEnd: (one) => records.push(one) }),
    onPrelude: () => {},
    sink: { write: () => true, onDrain: () => {}, end: () => (ends += 1) },
    onCallerGone: () => {},
  });
  await expect(work).rejects.toThrow('canary');
  expect(ends).toBe(0);
  expect(records).toMatchObject([{ requestId: 'broken', outcome: 'internal' }]);
  expect(linesOf('request')).toMatchObject([{ facts: { outcome: 'internal' } }]);
  expect(linesOf('answer broken off')).toHaveLength(1);
  expect(JSON.stringify(gateway.logs)).not.toContain('canary');
});
