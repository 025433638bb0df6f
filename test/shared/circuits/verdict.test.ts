import { failed, failedAmongMany, succeeded, toldNothing, type Verdict } from '../../../shared/circuits/verdict.ts';
import { errorTable } from '../../../shared/error-table.ts';
import { type ErrorCause, GatewayError } from '../../../shared/errors.ts';
import { outage, refusedCredential } from './instances.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const well: Verdict = { is: 'well' };
const unknown: Verdict = { is: 'unknown' };

const providersFault: readonly ErrorCause[] = [
  'upstream_error',
  'upstream_timeout',
  'upstream_connect_timeout',
  'upstream_first_chunk_timeout',
  'upstream_idle_timeout',
];

test.each(Object.keys(errorTable) as ErrorCause[])('%s: whose fault it is', (why) => {
  if (why === 'rate_limit_exceeded') return;
  expect(failed(new GatewayError(why), nowMs)).toEqual(
    providersFault.includes(why) ? { target: { is: 'ill', why }, credential: unknown } : toldNothing,
  );
});

test('a success speaks for the model and for the credential', () => {
  expect(succeeded).toEqual({ target: well, credential: well });
});

test.each([
  ['its milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
  ['its seconds', { 'retry-after': '9' }, 9_000],
  ['its date', { 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' }, 30_000],
  ['an hour at the most', { 'retry-after': '7200' }, 3_600_000],
  ['some seconds, where it names no time', {}, 5_000],
  ['some seconds, where nobody can read it', { 'retry-after': 'soon' }, 5_000],
])('a rate limit has the model left alone for %s; the credential is well', (_, headers, coolMs) => {
  expect(failed(outage('rate_limit_exceeded', { headers }), nowMs)).toEqual({
    target: { is: 'busy', untilMs: nowMs + coolMs },
    credential: well,
  });
});

test('a 401 is about the credential, a 403 about the model, and a credential that nobody has set about nobody', () => {
  const ill: Verdict = { is: 'ill', why: 'upstream_auth' };
  expect(failed(refusedCredential(401), nowMs)).toEqual({ target: unknown, credential: ill });
  expect(failed(refusedCredential(403), nowMs)).toEqual({ target: ill, credential: unknown });
  expect(failed(outage('upstream_auth', { cause: new Error('OPENAI_API_KEY is not set') }), nowMs)).toEqual(
    toldNothing,
  );
});

test('what a provider refuses of a request says nothing of the credential, whatever its status', () => {
  const cause = Object.assign(new Error('no'), { status: 401 });
  expect(failed(outage('invalid_request', { cause }), nowMs)).toEqual(toldNothing);
});

describe('where many models share a circuit', () => {
  const ill = (why: ErrorCause): Verdict => ({ is: 'ill', why });

  test.each([
    ['a rate limit is about one', outage('rate_limit_exceeded'), { target: unknown, credential: well }],
    ['and so is a 403', refusedCredential(403), { target: unknown, credential: unknown }],
    ['a 401 is about the credential', refusedCredential(401), { target: unknown, credential: ill('upstream_auth') }],
    ['a failure is about all', outage('upstream_error'), { target: ill('upstream_error'), credential: unknown }],
  ])('%s', (_, error, expected) => {
    expect(failedAmongMany(error, nowMs)).toEqual(expected);
  });
});
