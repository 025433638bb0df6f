/** An outage is not multiplied: what an instance may repeat is a share of what it is asked. */

import { oneProvider } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { refusal } from '../support/scripted-provider.ts';

const on = scene({}, (baseURL) => ({
  ...oneProvider(baseURL),
  resilience: { retry: { budgetShare: 0.25, budgetReserve: 2 }, circuit: { failures: 1_000_000 } },
}));

test('forty calls into an outage are forty, the reserve and a quarter', async () => {
  const { provider, tenant } = on();
  provider.script = refusal(500, { message: 'x' });
  for (let call = 0; call < 40; call += 1)
    await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status: 502 });
  expect(provider.asked.length).toBe(40 + 2 + 10);
});
