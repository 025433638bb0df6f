/** Tools that the gateway runs, deployed: one that is a Lambda function, from its registration to the model's answer. */
import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import { type ScriptedProvider, wellBehaved } from '../support/scripted-provider.ts';
import { weatherIn } from '../support/tool-answers.ts';
import type { Tenant } from './control-plane.ts';
import { says } from './generation.ts';
import type { Report } from './report.ts';
import { weatherArn } from './weather.ts';

type Tool = { readonly id: string; readonly name: string; readonly description: string };
type Run = { readonly id: string; readonly status: string; readonly steps: readonly { readonly type: string }[] };
type ListOf<Item> = { readonly data: readonly Item[] };

const tool = {
  name: 'get_weather',
  description: 'Get weather information',
  parameters: {
    type: 'object',
    properties: { location: { type: 'string' } },
    required: ['location'],
    additionalProperties: false,
  },
  target: { type: 'lambda', arn: weatherArn },
};

export async function runTools(
  report: Report,
  admin: OpenAI,
  {
    app,
    projectId,
    provider,
  }: Pick<Tenant, 'projectId'> & { readonly app: OpenAI; readonly provider: ScriptedProvider },
): Promise<void> {
  const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
  const get = <Answer>(path: string) => admin.get<Answer>(`/organization${path}`, { headers });
  const post = <Answer>(path: string, body?: object) =>
    admin.post<Answer>(`/organization${path}`, { headers, ...(body && { body }) });

  await report.check('context policy: update, retrieve', async () => {
    const path = `/projects/${projectId}/context_policy`;
    const updated = await post<object>(path, { truncation: 'auto' });
    assert.deepEqual(await get(path), updated);
  });
  const { id } = await report.step('Register a tool', () => post<Tool>('/tools', tool));
  await report.check('tools: update, retrieve, list', async () => {
    await post(`/tools/${id}`, { description: 'Tells the weather' });
    assert.equal((await get<Tool>(`/tools/${id}`)).description, 'Tells the weather');
    assert.ok((await get<ListOf<Tool>>('/tools')).data.some(({ name }) => name === tool.name));
  });
  await report.check('a tool is run directly', async () => {
    const ran = await app.post<{ result: object }>('/tools/get_weather/execute', {
      body: { arguments: { location: 'Paris' } },
    });
    assert.deepEqual(ran.result, { location: 'Paris', weather: 'sunny', celsius: 21 });
  });
  await report.check("the weather in Paris: a model's call is run, and its result answered", async () => {
    says(provider, [weatherIn('Paris')], 'It is sunny in Paris.');
    const { data, response } = await app.chat.completions
      .create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: "What's the weather in Paris?" }],
        tools: [{ type: 'function', function: { name: 'sluice:get_weather' } }],
      })
      .withResponse();
    assert.equal(data.choices[0]?.message.content, 'It is sunny in Paris.');
    assert.match(provider.asked.at(-1)?.text ?? '', /sunny.*21/);
    const run = response.headers.get('x-sluice-run-id') ?? '';
    const { status, steps } = await get<Run>(`/runs/${run}`);
    assert.deepEqual(
      [status, ...steps.map(({ type }) => type)],
      ['completed', 'model_call', 'tool_call', 'model_call'],
    );
    assert.ok((await get<ListOf<Run>>(`/projects/${projectId}/runs`)).data.some((one) => one.id === run));
    // One that has ended stays as it is.
    assert.equal((await post<Run>(`/runs/${run}/cancel`)).status, 'completed');
  });
  await report.check('tools: delete', async () => {
    await admin.delete(`/organization/tools/${id}`, { headers });
    assert.deepEqual((await get<ListOf<Tool>>('/tools')).data, []);
  });
  provider.script = wellBehaved;
}
