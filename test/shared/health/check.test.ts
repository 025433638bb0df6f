import { GatewayError } from '../../../shared/errors.ts';
import { checked, well } from '../../../shared/health/check.ts';
import type { Log } from '../../../shared/observability/log.ts';

const lines: string[] = [];
const log: Log = {
  info: () => {},
  warn: (message, facts) => lines.push(`${message} ${JSON.stringify(facts)}`),
  error: () => {},
};
const deps = { log, now: () => 0, patienceMs: 40 };

test('what is well says so, and how long that took', async () => {
  let nowMs = 5;
  const found = await checked({ ...deps, now: () => nowMs }, 'it', async () => {
    nowMs = 17;
    return well;
  });
  expect(found).toEqual({ status: 'ok', reason: null, latencyMs: 12 });
});

test('what does not answer in time is given up, and not waited for', async () => {
  let gaveUp = false;
  const found = await checked(deps, 'it', (signal) => {
    signal.addEventListener('abort', () => {
      gaveUp = true;
    });
    return new Promise<never>(() => {});
  });
  expect(found).toMatchObject({ status: 'unavailable', reason: 'It has not answered within 0.04 s.' });
  expect(gaveUp).toBe(true);
});

const named = (name: string): Error => Object.assign(new Error('canary'), { name });

test.each<[string, unknown, string, string]>([
  ['a missing table', named('ResourceNotFoundException'), 'unavailable', 'It does not exist.'],
  ['a missing bucket', named('NoSuchBucket'), 'unavailable', 'It does not exist.'],
  ['a refusal', named('AccessDeniedException'), 'unavailable', 'This function may not read it.'],
  ['a rate limit', named('ThrottlingException'), 'degraded', 'It limits the rate.'],
  [
    'an error of ours',
    new GatewayError('overloaded', { cause: named('NoSuchBucket') }),
    'unavailable',
    'It does not exist.',
  ],
  ['an error without more', new GatewayError('overloaded'), 'unavailable', 'It does not answer.'],
  ['a name that objects have', named('constructor'), 'unavailable', 'It does not answer.'],
  ['anything else', 'canary', 'unavailable', 'It does not answer.'],
])('%s has a reason of our own, and none of what was said (I6)', async (_name, thrown, status, reason) => {
  const found = await checked(deps, 'it', () => Promise.reject(thrown));
  expect(found).toMatchObject({ status, reason });
  expect(JSON.stringify(found)).not.toContain('canary');
});
