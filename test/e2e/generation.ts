/** The guide's own examples, and what makes conversations of questions: as an application does it, deployed. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import { NotFoundError } from 'openai';
import { moderated } from '../support/safety-scene.ts';
import { type ScriptedProvider, wellBehaved } from '../support/scripted-provider.ts';
import { type Said, saying } from '../support/tool-answers.ts';
import type { Report } from './report.ts';

const model = 'gpt-4o-mini';
const coloursSchema = {
  type: 'object',
  properties: {
    colors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, hex: { type: 'string', pattern: '^#[0-9A-F]{6}$' } },
        required: ['name', 'hex'],
        additionalProperties: false,
      },
    },
  },
  required: ['colors'],
  additionalProperties: false,
};

/** What the model says from now on, one answer after the other. */
export const says = (provider: ScriptedProvider, ...answers: readonly Said[]): void => {
  provider.script = moderated(saying(...answers));
};

export async function answerTheGuide(report: Report, app: OpenAI, provider: ScriptedProvider): Promise<void> {
  await report.check('the capital of France', async () => {
    says(provider, 'The capital of France is Paris.');
    const { choices } = await app.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
    });
    assert.equal(choices[0]?.message.content, 'The capital of France is Paris.');
  });
  await report.check('three colours as JSON, asked for again where they break their schema', async () => {
    const colors = [{ name: 'red', hex: '#FF0000' }];
    says(provider, JSON.stringify({ colors: [{ name: 'red', hex: 'red' }] }), JSON.stringify({ colors }));
    const { choices } = await app.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'List three colors and their hex codes' }],
      response_format: { type: 'json_schema', json_schema: { name: 'colors', strict: true, schema: coloursSchema } },
    });
    assert.deepEqual(JSON.parse(choices[0]?.message.content ?? ''), { colors });
  });
}

async function untilEnded(app: OpenAI, id: string): Promise<OpenAI.Responses.Response> {
  for (let times = 0; times < 100; times++) {
    const response = await app.responses.retrieve(id);
    if (response.status !== 'queued' && response.status !== 'in_progress') return response;
    await sleep(200);
  }
  return assert.fail('the response is still under way');
}

export async function converse(report: Report, app: OpenAI, provider: ScriptedProvider): Promise<void> {
  says(provider, 'Paris.', 'About two million.');
  await report.check('responses: create, and go on from it', async () => {
    const first = await app.responses.create({ model, input: 'What is the capital of France?' });
    assert.equal(first.output_text, 'Paris.');
    const second = await app.responses.create({ model, input: 'How many live there?', previous_response_id: first.id });
    assert.equal(second.output_text, 'About two million.');
    assert.match(provider.asked.at(-1)?.text ?? '', /capital of France.*Paris\..*How many/);
    assert.equal((await app.responses.retrieve(second.id)).output_text, second.output_text);
    const items = (await app.responses.inputItems.list(second.id)).data;
    assert.ok(JSON.stringify(items).includes('How many live there?'));
    await app.responses.delete(second.id);
    await assert.rejects(app.responses.retrieve(second.id), NotFoundError);
  });
  await report.check('responses: the tokens of an input', async () => {
    const { input_tokens } = await app.responses.inputTokens.count({ model, input: 'hello world' });
    assert.ok(input_tokens >= 2 && input_tokens < 20);
  });
  await report.check('responses: in the background', async () => {
    says(provider, 'Done.');
    const { id, status } = await app.responses.create({ model, input: 'Take your time.', background: true });
    assert.equal(status, 'queued');
    const ended = await untilEnded(app, id);
    assert.deepEqual([ended.status, ended.output_text], ['completed', 'Done.']);
    const cancelled = await app.responses.create({ model, input: 'Never mind.', background: true });
    await app.responses.cancel(cancelled.id);
    const { status: last } = await untilEnded(app, cancelled.id);
    assert.ok(last === 'cancelled' || last === 'completed', last);
  });
  await report.check('conversations: create, retrieve, update, items, delete', async () => {
    const { id } = await app.conversations.create({ metadata: { topic: 'France' } });
    await app.conversations.update(id, { metadata: { topic: 'cities' } });
    assert.deepEqual((await app.conversations.retrieve(id)).metadata, { topic: 'cities' });
    const { data } = await app.conversations.items.create(id, {
      items: [{ type: 'message', role: 'user', content: 'We speak of Paris.' }],
    });
    const item = data[0]?.id ?? '';
    assert.equal((await app.conversations.items.retrieve(item, { conversation_id: id })).id, item);
    says(provider, 'It is on the Seine.');
    await app.responses.create({ model, input: 'On which river?', conversation: id });
    assert.match(provider.asked.at(-1)?.text ?? '', /We speak of Paris/);
    assert.equal((await app.conversations.items.list(id)).data.length, 3);
    await app.conversations.items.delete(item, { conversation_id: id });
    assert.equal((await app.conversations.items.list(id)).data.length, 2);
    await app.conversations.delete(id);
    await assert.rejects(app.conversations.retrieve(id), NotFoundError);
  });
  provider.script = wellBehaved;
}
