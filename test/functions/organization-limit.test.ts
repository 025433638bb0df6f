/** The organization's spend limit, through the official SDK: it counts what was spent before it was set (I2). */
import { scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';

const on = scene();
const cents = (threshold_amount: number) => ({ currency: 'USD', interval: 'month', threshold_amount }) as const;

/** A dollar a million tokens of input, four of output: this call costs half a dollar. */
const halfDollar = {
  model: 'test-model',
  messages: [{ role: 'user' as const, content: 'hello' }],
  max_tokens: 125_000,
};

/** Each test has a month of its own, and begins without a limit. */
let months = 0;
beforeEach(async () => {
  const { gateway } = on();
  gateway.clock.nowMs = Date.UTC(2027, months++, 5);
  const { spendLimit } = gateway.admin().admin.organization;
  await spendLimit.delete().catch((error: { status?: number }) => expect(error.status).toBe(404));
});

test('a limit in the midst of a month leaves what has not been spent yet, to whoever comes', async () => {
  const { gateway, provider } = on();
  const { organization } = gateway.admin().admin;
  const [early, late] = [await gateway.tenant(), await gateway.tenant()];
  provider.script = answer(completion('ok', usage(0, 125_000)));
  await early.client.chat.completions.create(halfDollar);
  await early.client.chat.completions.create(halfDollar);
  await gateway.idle();
  await organization.spendLimit.update(cents(160));
  // Instances learn of it within the published bound.
  gateway.clock.nowMs += 31_000;

  await late.client.chat.completions.create(halfDollar);
  await gateway.idle();
  const { response } = await late.client.chat.completions.create(halfDollar).withResponse();
  expect(response.headers.get('x-sluice-max-output-shrunk')).toBe('true');
  expect(Number(response.headers.get('x-sluice-max-output-tokens'))).toBeLessThanOrEqual(25_000);
  await gateway.idle();
});

test('spent beyond the limit before it was set, nobody has anything left', async () => {
  const { gateway, provider } = on();
  const { organization } = gateway.admin().admin;
  const [early, late] = [await gateway.tenant(), await gateway.tenant()];
  provider.script = answer(completion('ok', usage(0, 125_000)));
  await early.client.chat.completions.create(halfDollar);
  await gateway.idle();
  await organization.spendLimit.update(cents(40));
  gateway.clock.nowMs += 31_000;
  for (const { client } of [late, early]) {
    await expect(client.chat.completions.create(halfDollar)).rejects.toMatchObject({
      status: 429,
      code: 'insufficient_quota',
      message: expect.stringContaining('organization'),
    });
  }
});

test('what calls have spent that did not know of the limit yet is counted by the next sweep', async () => {
  const { gateway, provider } = on();
  const { organization } = gateway.admin().admin;
  const [early, late] = [await gateway.tenant(), await gateway.tenant()];
  provider.script = answer(completion('ok', usage(0, 125_000)));
  await early.client.models.list();
  await organization.spendLimit.update(cents(60));
  await early.client.chat.completions.create(halfDollar);
  await gateway.idle();
  await gateway.runSchedule('sweep');
  gateway.clock.nowMs += 31_000;
  const { response } = await late.client.chat.completions.create(halfDollar).withResponse();
  expect(Number(response.headers.get('x-sluice-max-output-tokens'))).toBeLessThanOrEqual(25_000);
});
