// The streamed path against Lambda's own runtime client: `node test/lambda-runtime/run.ts`, with Node 24.
// It comes from npm when first needed, so this belongs to `npm run e2e` and not to `npm test`.
import '../support/setup.ts';
import { answerChecks } from './answers.checks.ts';
import { bodyChecks } from './bodies.checks.ts';
import { contractChecks } from './contract.checks.ts';
import { differentialChecks } from './differential.checks.ts';
import { failureChecks } from './failures.checks.ts';
import { buildHouse } from './house.ts';
import { lifetimeChecks } from './lifetime.checks.ts';
import { runtimeClient } from './runtime-client.ts';
import { slowCallerChecks } from './slow-caller.checks.ts';

const timeoutMs = 60_000;

// In this order: the log is read once there is something in it.
const checks = [
  ...contractChecks,
  ...answerChecks,
  ...failureChecks,
  ...slowCallerChecks,
  ...bodyChecks,
  ...lifetimeChecks,
  ...differentialChecks,
];

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

runtimeClient();
const house = await buildHouse();
let passed = 0;
let failed = 0;
try {
  for (const [name, prove] of checks) {
    const startedAtMs = performance.now();
    try {
      await withinTime(prove(house));
      passed++;
      say(`ok      ${name} (${Math.round(performance.now() - startedAtMs)} ms)`);
    } catch (error) {
      failed++;
      say(`FAILED  ${name}\n${error instanceof Error ? error.stack : error}`);
    }
  }
  if (failed > 0) say(`The end of the runtime's log:\n${house.runtime.log().slice(-4_000)}`);
} finally {
  await house.stop();
}
say(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
