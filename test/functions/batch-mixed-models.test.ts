/** Batches of several models, of which one is not to be had. */
import type OpenAI from 'openai';
import { chatLine, ended, filesOfBatch, newBatch } from '../support/batch-scene.ts';
import { scene } from '../support/scene.ts';
import { refusal, wellBehaved } from '../support/scripted-provider.ts';

const on = scene({}, (baseURL) => ({
  providers: { scripted: { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY' } },
  models: {
    'test-model': { targets: ['scripted/up'], price: { input: 1, output: 4 } },
    'other-model': { targets: ['scripted/down'], price: { input: 1, output: 4 } },
  },
  resilience: { attempts: 1, circuit: { failures: 1_000_000 } },
  batches: { lanes: 2, linesAtOnce: 4 },
}));

const of = (model: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => chatLine(`${model}-${from + i}`, 'Say hello', { model }));

const arrangements: readonly (readonly [string, readonly object[]])[] = [
  ['side by side', of('other-model', 130).flatMap((line, i) => [line, ...of('test-model', 1, i)])],
  ['one after the other', [...of('other-model', 130), ...of('test-model', 130)]],
];

test.each(arrangements)(
  'the lines of the others are answered within the hour, %s',
  async (_how, lines) => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    let isDown = true;
    let refused = 0;
    provider.script = (response, asked) => {
      if (!isDown || asked.body['model'] !== 'down') return wellBehaved(response, asked);
      refused += 1;
      return refusal(429, { message: 'slow down' }, { 'retry-after': '60' })(response, asked);
    };
    const { id } = await newBatch(gateway, tenant, lines);
    const beganMs = gateway.clock.nowMs;
    let batch: OpenAI.Batch;
    do {
      if ((await gateway.runQueue('batches')) === 0) gateway.clock.nowMs += 1_000;
      batch = await tenant.client.batches.retrieve(id);
    } while ((batch.request_counts?.completed ?? 0) < 130 && gateway.clock.nowMs < beganMs + 3_600_000);
    expect(batch.request_counts).toEqual({ total: 260, completed: 130, failed: 0 });
    // Who has no room is asked now and then whether he has.
    expect(refused).toBeLessThan(60);
    isDown = false;
    const done = await ended(gateway, tenant.client, id);
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 260, completed: 260, failed: 0 } });
    expect(new Set((await filesOfBatch(gateway, tenant.projectId, done)).all).size).toBe(260);
  },
  60_000,
);
