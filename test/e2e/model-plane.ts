/** The models, as an application calls them with its project's key. */
import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import { moderated } from '../support/safety-scene.ts';
import { answer, completion, refusal, type ScriptedProvider, wellBehaved } from '../support/scripted-provider.ts';
import type { Report } from './report.ts';

export const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Say hello.' }] };
const embedding = { model: 'text-embedding-3-small', input: 'hello', encoding_format: 'float' as const };

export type Upstream = { readonly provider: ScriptedProvider; readonly key: string };

export async function callModels(report: Report, app: OpenAI, { provider, key }: Upstream): Promise<void> {
  await report.check('chat.completions.create answers in one piece', async () => {
    const { data, request_id } = await app.chat.completions.create(chat).withResponse();
    assert.equal(data.choices[0]?.message.content, 'Hello there');
    assert.equal(data.usage?.total_tokens, 15);
    assert.ok(request_id);
  });
  await report.check("the provider saw its own key and not the caller's", () => {
    const asked = provider.asked.at(-1);
    assert.equal(asked?.headers.authorization, `Bearer ${key}`);
    assert.ok(!JSON.stringify(asked).includes(app.apiKey ?? ''));
  });
  await report.check('chat.completions.create streams, here through the buffered mode', async () => {
    const words: string[] = [];
    for await (const { choices } of await app.chat.completions.create({ ...chat, stream: true })) {
      words.push(choices[0]?.delta.content ?? '');
    }
    assert.equal(words.join(''), 'Hello there');
  });
  await report.check('embeddings.create', async () => {
    const { data, usage } = await app.embeddings.create(embedding);
    assert.deepEqual(data[0]?.embedding, [0.5, -0.5]);
    assert.equal(usage.total_tokens, 7);
  });
  await report.check('moderations.create', async () => {
    const { results } = await app.moderations.create({ model: 'omni-moderation-latest', input: 'hello' });
    assert.equal(results[0]?.flagged, false);
  });
  await report.check('a call that is sent again under its Idempotency-Key is asked once', async () => {
    const options = { headers: { 'Idempotency-Key': crypto.randomUUID() } };
    const first = await app.chat.completions.create(chat, options).withResponse();
    const asked = provider.asked.length;
    const again = await app.chat.completions.create(chat, options).withResponse();
    assert.deepEqual(again.data, first.data);
    assert.equal(again.response.headers.get('idempotent-replayed'), 'true');
    assert.equal(provider.asked.length, asked);
  });
  await report.check('models.list', async () => {
    const { data } = await app.models.list();
    assert.ok(data.some(({ id }) => id === 'gpt-4o-mini'));
  });
  await report.check('models.retrieve', async () => {
    const { id, object } = await app.models.retrieve('gpt-4o-mini');
    assert.deepEqual({ id, object }, { id: 'gpt-4o-mini', object: 'model' });
  });
}

/** More than an item of the table takes, so that it goes through the bucket. */
const longStory = (): string => Array.from({ length: 4_000 }, () => Math.random().toString(36).slice(2)).join(' ');

export async function repeatQuestions(report: Report, app: OpenAI, { provider }: Upstream): Promise<void> {
  const options = { headers: { 'x-sluice-cache': 'on' } };
  for (const [size, content] of Object.entries({ small: 'Once.', large: longStory() })) {
    await report.check(`a ${size} answer is given again from the cache, and no provider is asked`, async () => {
      const body = { ...chat, messages: [{ role: 'user' as const, content: `Tell me something ${size}.` }] };
      provider.script = moderated(answer(completion(content)));
      const first = await app.chat.completions.create(body, options).withResponse();
      provider.script = moderated(refusal(400, { message: 'asked again' }));
      const second = await app.chat.completions
        .create(body, options)
        .withResponse()
        .finally(() => {
          provider.script = wellBehaved;
        });
      assert.equal(first.response.headers.get('x-sluice-cache'), 'miss');
      assert.equal(second.response.headers.get('x-sluice-cache'), 'hit');
      assert.deepEqual(second.data, first.data);
    });
  }
}
