/** A guarded stream of a provider that misbehaves ends as it would unguarded, and is metered once (I3, I7). */
import { APIError } from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { Config } from '../../shared/config/schema.ts';
import type { SafetyWishes } from '../../shared/safety/policy.ts';
import { misbehaving, misbehavioursOf } from '../support/misbehaviours.ts';
import { moderated, tenantWith } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { usage } from '../support/scripted-provider.ts';

const price = { input: 1, output: 4 };
const given = scene(
  {},
  (baseURL): Config => ({
    providers: {
      scripted: { kind: 'openai', baseURL, timeouts: { firstChunkMs: 400, idleMs: 400 } },
      moderating: { kind: 'openai', baseURL },
    },
    models: {
      'test-model': { targets: ['scripted/a'], price, contextWindow: 128_000 },
      'omni-moderation-latest': { targets: ['moderating/a'], price: { input: 0, output: 0 } },
    },
    resilience: { attempts: 1, circuit: { failures: 1_000_000 } },
  }),
);

const policy: SafetyWishes = { moderation: { output: 'block' }, redaction: { output: ['secrets', 'email'] } };
const question: ChatCompletionCreateParamsStreaming = {
  model: 'test-model',
  messages: [{ role: 'user', content: 'Say hello' }],
  stream: true,
};

test.each(misbehavioursOf('stream'))('%s', async (name, { ends, tells }) => {
  const { gateway, provider, ledger } = given();
  provider.script = moderated(misbehaving(name, { used: usage(23, 5), pauseMs: 1, now: () => gateway.clock.nowMs }), {
    after: 5,
  });
  const { client, projectId } = await tenantWith(gateway, policy);
  let text = '';
  let failed = false;
  try {
    for await (const { choices } of await client.chat.completions.create(question))
      text += choices[0]?.delta.content ?? '';
  } catch (thrown) {
    if (!(thrown instanceof APIError)) throw thrown;
    failed = true;
  }
  expect(failed).toBe(ends !== 'answered');
  if (ends === 'answered') expect(text).toBe('Grüße aus dem 🌍');
  else expect('Grüße aus dem 🌍').toContain(text);
  const rows = await ledger(projectId);
  expect(rows).toEqual([expect.objectContaining({ state: 'settled' })]);
  if (ends === 'answered' && tells && name !== 'has used nothing')
    expect(rows).toEqual([expect.objectContaining({ inputTokens: 23, outputTokens: 5 })]);
});
