/** `client.admin.organization.usage`: what was used is what it says, to the token (I3). */
import { BadRequestError } from 'openai';
import type { UsageCompletionsResponse } from 'openai/resources/admin/organization/usage';
import { question } from '../support/scene.ts';
import { answer, completion, refusal, spoken, stream, usage as tokens } from '../support/scripted-provider.ts';
import {
  type CompletionsResult,
  keyholders,
  midnight,
  resultsOf,
  sumsOf,
  usageScene,
  use,
} from '../support/usage-scene.ts';

const here = usageScene();
const api = () => here().gateway.admin().admin.organization.usage;
const end_time = midnight + 86_400;
const ofProject = (id: string) => ({ start_time: midnight, end_time, project_ids: [id] });

beforeEach(() => {
  here().gateway.clock.nowMs = (midnight + 3_600) * 1000;
});

describe('usage of completions', () => {
  test("has the SDK's shape, fields that were not grouped by being null", async () => {
    const [holder] = await keyholders(here());
    if (!holder) throw new Error('nobody');
    await use(here(), holder, midnight + 60, [100, 20, 40]);
    const result: CompletionsResult = {
      object: 'organization.usage.completions.result',
      input_tokens: 100,
      input_cached_tokens: 40,
      input_uncached_tokens: 60,
      input_cache_write_tokens: 0,
      output_tokens: 20,
      num_model_requests: 1,
      project_id: null,
      user_id: null,
      api_key_id: null,
      model: null,
      batch: null,
      service_tier: null,
      api_source: null,
    };
    const expected: UsageCompletionsResponse = {
      object: 'page',
      data: [{ object: 'bucket', start_time: midnight, end_time, results: [result] }],
      has_more: false,
      next_page: null,
    };
    expect(await api().completions(ofProject(holder.project_id))).toEqual(expected);
  });

  test('adds up to the token when many call at once, whole and streamed', async () => {
    const { provider, gateway } = here();
    const holders = await keyholders(here());
    let served = 0;
    const counts: [number, number, number][] = [];
    provider.script = (response, asked) => {
      const count: [number, number, number] = [1_000 + served, 10 + served, served % 7];
      served++;
      counts.push(count);
      const used = tokens(...count);
      return asked.body['stream'] === true
        ? stream(spoken(['a', 'b'], used), { pauseMs: 1 })(response, asked)
        : answer(completion('ok', used))(response, asked);
    };
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const { chat } = holders[index % holders.length]?.client ?? gateway.admin();
        if (index % 2 === 0) await chat.completions.create(question);
        else for await (const _event of await chat.completions.create({ ...question, stream: true }));
      }),
    );
    await gateway.idle();
    const used = counts.map(
      ([input, output, cached]) => ({ input, output, cached }) as Parameters<typeof sumsOf>[0][0],
    );
    const results = resultsOf(await api().completions(ofProject(holders[0]?.project_id ?? '')));
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ ...sumsOf(used), num_model_requests: 60 });
  });

  test('counts a refused and a failed attempt as requests without tokens', async () => {
    const { provider, gateway } = here();
    const tenant = await gateway.tenant();
    for (const status of [400, 500]) {
      provider.script = refusal(status, { message: 'no' });
      await expect(tenant.client.chat.completions.create(question)).rejects.toThrow();
    }
    await gateway.idle();
    const results = resultsOf(await api().completions(ofProject(tenant.projectId)));
    expect(results).toMatchObject([{ num_model_requests: 2, input_tokens: 0, output_tokens: 0 }]);
  });

  test('counts nothing of what never reached a provider', async () => {
    const { gateway } = here();
    const tenant = await gateway.tenant();
    const wrong = { ...question, n: 0 };
    await expect(tenant.client.chat.completions.create(wrong)).rejects.toBeInstanceOf(BadRequestError);
    await expect(tenant.client.chat.completions.create({ ...question, model: 'unknown' })).rejects.toThrow();
    await tenant.client.models.list();
    await gateway.idle();
    expect(resultsOf(await api().completions(ofProject(tenant.projectId)))).toEqual([]);
  });

  test('takes zero tokens for zero, not for unknown', async () => {
    const [holder] = await keyholders(here());
    if (!holder) throw new Error('nobody');
    await use(here(), holder, midnight + 60, [0, 0]);
    expect(resultsOf(await api().completions(ofProject(holder.project_id)))).toMatchObject([
      { num_model_requests: 1, input_tokens: 0, output_tokens: 0 },
    ]);
  });

  test('of an archived project is still there', async () => {
    const [holder] = await keyholders(here());
    if (!holder) throw new Error('nobody');
    await use(here(), holder, midnight + 60, [5, 5]);
    await here().gateway.admin().admin.organization.projects.archive(holder.project_id);
    const { start_time } = ofProject('');
    const grouped = await api().completions({ start_time, end_time, group_by: ['project_id'] });
    expect(resultsOf(grouped).find(({ project_id }) => project_id === holder.project_id)).toMatchObject({
      input_tokens: 5,
    });
  });
});

describe('usage of embeddings', () => {
  test("has the SDK's shape and the provider's counts, and nothing of the other kinds", async () => {
    const { gateway } = here();
    const tenant = await gateway.tenant();
    await Promise.all(
      Array.from({ length: 3 }, () => tenant.client.embeddings.create({ model: 'test-model', input: 'text' })),
    );
    await tenant.client.chat.completions.create(question);
    await gateway.idle();
    const { data } = await api().embeddings({ ...ofProject(tenant.projectId), group_by: ['model'] });
    expect(data.flatMap(({ results }) => results)).toEqual([
      {
        object: 'organization.usage.embeddings.result',
        input_tokens: 21,
        num_model_requests: 3,
        model: 'test-model',
        project_id: null,
        user_id: null,
        api_key_id: null,
      },
    ]);
  });
});

describe('usage of moderations', () => {
  test("has the SDK's shape, and no tokens, since moderations cost none", async () => {
    const { gateway } = here();
    const tenant = await gateway.tenant();
    await tenant.client.moderations.create({ input: 'text' });
    await tenant.client.moderations.create({ input: ['more', 'text'] });
    await gateway.idle();
    const { data } = await api().moderations({ ...ofProject(tenant.projectId), group_by: ['project_id', 'model'] });
    expect(data.flatMap(({ results }) => results)).toEqual([
      {
        object: 'organization.usage.moderations.result',
        input_tokens: 0,
        num_model_requests: 2,
        model: 'omni-moderation-latest',
        project_id: tenant.projectId,
        user_id: null,
        api_key_id: null,
      },
    ]);
  });
});

describe.each(['embeddings', 'moderations'] as const)('%s', (kind) => {
  test.each(['batch', 'service_tier', 'api_source'])('are not grouped by %s, which they do not have', async (field) => {
    const refused = api()[kind]({ start_time: midnight, end_time, group_by: [field as 'model'] });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'group_by[0]' });
  });

  test('know no filter by batch', async () => {
    const refused = api()[kind]({ start_time: midnight, end_time, batch: true } as never);
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'batch' });
  });
});
