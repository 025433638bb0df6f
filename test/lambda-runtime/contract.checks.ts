/** The contract of `awslambda`, on Lambda's own runtime client. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Check } from './checks.ts';
import { readAnswer } from './read-answer.ts';
import { type Answer, runtimeApi } from './runtime-api.ts';
import { startRuntime } from './runtime-client.ts';
import { type Observed, streamContract } from './stream-contract.ts';

async function bundleSmallFunctions(outdir: string): Promise<void> {
  await build({
    stdin: {
      contents: "import { streamingFunction } from './small-functions.ts'; export const handler = streamingFunction();",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      loader: 'ts',
    },
    outfile: join(outdir, 'index.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    logLevel: 'warning',
  });
}

function observed(answer: Answer): Observed {
  const http = readAnswer(answer);
  return http
    ? { status: http.status, headers: http.headers, body: http.body.toString('utf8'), failure: http.failure }
    : 'none';
}

export const contractChecks: readonly Check[] = [
  [
    'every behaviour that the local host’s awslambda is held to is the runtime client’s own',
    async () => {
      const taskRoot = mkdtempSync(join(tmpdir(), 'sluice-small-functions-'));
      await bundleSmallFunctions(taskRoot);
      const api = await runtimeApi();
      const runtime = startRuntime({ api, taskRoot, handler: 'index.handler', environment: {} });
      try {
        for (const [index, [behaviour, expected]] of streamContract.entries()) {
          // Read without haste, so that a large answer is not out at once.
          const { answer, ended } = api.deliver({ behaviour }, `behaviour-${index}`, () => sleep(1));
          assert.deepEqual([behaviour, observed(await answer)], [behaviour, expected]);
          await ended;
        }
        assert.deepEqual(api.invocationErrors, []);
      } finally {
        await runtime.stop();
        await api.stop();
        rmSync(taskRoot, { recursive: true, force: true });
      }
    },
  ],
];
