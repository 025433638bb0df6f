/** What one caller does leaves no provider alone for the others (THREATS, I5). */
import type { Config } from '../../shared/config/schema.ts';
import { oneProvider } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { chunk, frame, refusal, type Script, wellBehaved } from '../support/scripted-provider.ts';

/** One failure opens a circuit, so that what is none shows. */
const configured = (baseURL: string): Config => ({
  ...oneProvider(baseURL),
  providers: { scripted: { kind: 'openai', baseURL, timeouts: { totalMs: 1_500 } } },
  resilience: { attempts: 1, circuit: { failures: 1 } },
});
const on = scene({}, configured);

async function expectOthersServed(): Promise<void> {
  const { gateway, provider } = on();
  await gateway.idle();
  provider.script = wellBehaved;
  const other = await gateway.tenant();
  const { choices } = await other.client.chat.completions.create(question);
  expect(choices).toHaveLength(1);
}

test.each([400, 404, 413, 415, 422])('whose requests a provider refuses with a %s', async (status) => {
  const { provider, tenant } = on();
  provider.script = refusal(status, { message: 'No.' });
  await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status });
  await expectOthersServed();
});

test.each([false, true])('who is in a hurry (streamed: %s)', async (stream) => {
  const { provider, tenant } = on();
  provider.script = () => {};
  const options = { headers: { 'x-stainless-timeout': '0' } };
  await expect(tenant.client.chat.completions.create({ ...question, stream }, options)).rejects.toMatchObject({
    status: 504,
  });
  await expectOthersServed();
});

/** Says something now and then, and never comes to an end. */
const endless: Script = async (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(frame(chunk({ content: 'on' }))), 50);
  response.once('close', () => clearInterval(timer));
};

test('whose stream is not over when its time is', async () => {
  const { provider, tenant } = on();
  provider.script = endless;
  const stream = await tenant.client.chat.completions.create({ ...question, stream: true });
  const read = async () => {
    for await (const _ of stream) void _;
  };
  await expect(read()).rejects.toMatchObject({ code: 'upstream_timeout' });
  await expectOthersServed();
});
