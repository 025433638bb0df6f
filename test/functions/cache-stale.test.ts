/** When no provider answers, an answer past its time is better than none; and when the caller is at fault, it is not. */
import { asked, cached, newQuestion, streamed } from '../support/cache-scene.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';
import { refusal, stream } from '../support/scripted-provider.ts';

const on = scene();
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A question whose answer is in the cache, and so old. */
async function answeredBefore(ageMs: number) {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  await asked(tenant.client, body);
  await gateway.idle();
  gateway.clock.nowMs += ageMs;
  return { tenant, body };
}

const outages = [
  ['fails', refusal(500, { message: 'x' })],
  ['refuses our key', refusal(401, { message: 'x' })],
  ['is asked too much', refusal(429, { message: 'x' })],
  ['hangs up', (response: { destroy(): unknown }) => void response.destroy()],
] as const;

test.each(outages)('a provider that %s: the stale answer is given, and is said to be stale', async (_, script) => {
  const { provider, gateway, ledger } = on();
  const { tenant, body } = await answeredBefore(2 * hourMs);
  provider.script = script;
  const { data, cache, headers } = await asked(tenant.client, body);
  expect([cache, headers.get('age'), data.choices[0]?.message.content]).toEqual(['stale', '7200', 'Hello there']);
  expect(headers.get('x-sluice-provider')).toBeNull();
  expect(headers.get('x-sluice-cost-usd')).toBe('0.000000');
  const rows = await ledger(tenant.projectId);
  expect(rows.filter((row) => row.state === 'open')).toEqual([]);
  expect(rows.filter((row) => row.state === 'settled' && row.outcome === 'failed').length).toBeGreaterThan(0);
  expect(gateway.logs).toContainEqual(expect.objectContaining({ message: 'answered from the cache, past its time' }));
});

test('the same of a stream that fails before its first chunk', async () => {
  const { provider } = on();
  const { tenant, body } = await answeredBefore(2 * hourMs);
  provider.script = stream([': wait\n\n'], { thenCut: true });
  expect(await streamed(tenant.client, body)).toMatchObject({ cache: 'stale', text: 'Hello there' });
});

test('it comes before the fallback message, which is for when there is none', async () => {
  const { provider, database, gateway } = on();
  const { tenant, body } = await answeredBefore(2 * hourMs);
  const resilience = {
    cache: 'on',
    cacheTtlSeconds: null,
    onDisconnect: 'drain',
    fallbackMessage: 'Back soon.',
  } as const;
  await holdTo(database, tenant.projectId, { resilience });
  gateway.clock.nowMs += 31_000;
  provider.script = refusal(500, { message: 'x' });
  expect((await asked(tenant.client, body)).data.choices[0]?.message.content).toBe('Hello there');
  const other = newQuestion();
  expect((await asked(tenant.client, other)).data.choices[0]?.message.content).toBe('Back soon.');
  await gateway.idle();
  provider.script = refusal(500, { message: 'y' });
  const again = await asked(tenant.client, other);
  expect([again.cache, again.headers.get('x-sluice-fallback')]).toEqual(['miss', 'message']);
});

test('what the caller has done wrong is told, whatever is in the cache', async () => {
  const { provider } = on();
  const { tenant, body } = await answeredBefore(2 * hourMs);
  provider.script = refusal(400, { message: 'bad', code: 'bad' });
  await expect(asked(tenant.client, body)).rejects.toMatchObject({ status: 400, code: 'bad' });
});

test.each([
  ['older than it may stand in, though DynamoDB has not dropped it', 2 * dayMs, undefined],
  ['older than the caller allows', 2 * hourMs, 'max-age=7000'],
  ['there, but the caller wants none', 2 * hourMs, 'no-cache'],
  ['there, but this is not to be seen by a cache', 2 * hourMs, 'no-store'],
])('an answer that is %s does not stand in', async (_, ageMs, cacheControl) => {
  const { provider } = on();
  const { tenant, body } = await answeredBefore(ageMs);
  provider.script = refusal(500, { message: 'x' });
  await expect(asked(tenant.client, body, cached(cacheControl))).rejects.toMatchObject({ status: 502 });
});

test('a provider that is back is asked, and its answer takes the place of the stale one', async () => {
  const { provider, gateway } = on();
  const { tenant, body } = await answeredBefore(2 * hourMs);
  expect((await asked(tenant.client, body)).cache).toBe('miss');
  await gateway.idle();
  expect(await asked(tenant.client, body)).toMatchObject({ cache: 'hit' });
  expect(provider.asked).toHaveLength(2);
});
