/** What an invocation leaves behind: in the ledger, in the process, in the log. */
import assert from 'node:assert/strict';
import { done, spoken, stream, usage } from '../support/scripted-provider.ts';
import type { Check } from './checks.ts';
import { prompt, streamedQuestion, word } from './questions.ts';
import { runtimeApi } from './runtime-api.ts';
import { startRuntime } from './runtime-client.ts';

export const lifetimeChecks: readonly Check[] = [
  [
    'I3: the ledger is settled after the last byte and before the runtime asks for the next event',
    async ({ provider, database, event, ask, rows }) => {
      provider.script = stream(spoken(['a', 'b', 'c'], usage(12, 3, 4)));
      const asked = event(streamedQuestion);
      database.delayMs = 150;
      database.operations.length = 0;
      const {
        answer: raw,
        http,
        endedAtMs,
      } = await ask(asked).finally(() => {
        database.delayMs = 0;
      });
      // From here on the process is frozen: what is not in the ledger by now never will be.
      const [row, ...more] = await rows(asked);
      assert.ok(row?.state === 'settled');
      assert.deepEqual(
        [row.outcome, row.inputTokens, row.cachedInputTokens, row.outputTokens, row.costMicroUsd, row.estimated],
        ['succeeded', 12, 4, 3, 8 + 1 + 12, false],
      );
      assert.equal(more.length, 0);
      assert.ok(http.body.toString('utf8').endsWith(done));
      assert.ok(
        endedAtMs - raw.endedAtMs > 100,
        'the caller had the last byte while the ledger was still being written',
      );
      // Let in and opened at the same time, then settled, the ledger first. The key is in the instance's cache by now.
      // The circuits are looked at beside that, once a second.
      const [first, second, ...settled] = database.operations.filter((name) => name !== 'Query');
      assert.ok(database.operations.lastIndexOf('Query') < 3);
      assert.deepEqual([first, second].sort(), ['PutItem', 'UpdateItem']);
      assert.deepEqual(settled, ['PutItem', 'UpdateItem']);
    },
  ],
  [
    'a hundred invocations later the process is the same, and has complained of nothing',
    async ({ provider, event, ask, runtime }) => {
      provider.script = stream(spoken(['again']));
      for (let count = 0; count < 100; count++) {
        const { http } = await ask(event(streamedQuestion));
        assert.ok(http.body.toString('utf8').endsWith(done));
      }
      assert.ok(runtime.running());
      assert.ok(!/Warning|Invoke Error|Unhandled/.test(runtime.log()), runtime.log().slice(-2_000));
    },
  ],
  [
    'I6: nothing that was said, and no key, is in the log; the request and its metrics are',
    async ({ runtime, key, environment }) => {
      const log = runtime.log();
      for (const secret of [prompt, word, 'partial', 'boom', key, environment['TEST_PROVIDER_KEY'] ?? '']) {
        assert.ok(secret.length > 0 && !log.includes(secret), 'the log tells');
      }
      assert.match(log, /"message":"request"/);
      assert.match(log, /"CloudWatchMetrics"/);
    },
  ],
  [
    'a function without its environment says so to Lambda, and ends',
    async ({ taskRoot, environment }) => {
      const api = await runtimeApi();
      const { SLUICE_RESOLVED_CONFIG: _, ...incomplete } = environment;
      const runtime = startRuntime({ api, taskRoot, handler: 'index.handler', environment: incomplete });
      try {
        assert.notEqual(await runtime.exited, 0);
        const [error] = api.initErrors as { errorMessage: string }[];
        assert.match(error?.errorMessage ?? '', /SLUICE_RESOLVED_CONFIG/);
      } finally {
        await api.stop();
      }
    },
  ],
];
