/** What `defaults.limits` of sluice.json gives to new projects. */
import { unlimited } from '../../shared/limits/limits.ts';
import { oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const limits = { requestsPerMinute: 120, tokensPerMinute: 9_000, concurrentStreams: 4 };
const withDefaults = scene({}, (baseURL) => ({ ...oneProvider(baseURL), defaults: { limits } }));
const without = scene();

async function limitsOfNew(here: typeof without) {
  const { projects } = here().gateway.admin().admin.organization;
  const { id } = await projects.create({ name: 'new' });
  return { id, shown: (await projects.rateLimits.listRateLimits(id)).data, projects };
}

test('a new project has them, its models have none', async () => {
  const { shown } = await limitsOfNew(withDefaults);
  expect(shown[0]).toMatchObject({
    id: 'rl_project',
    max_requests_per_1_minute: 120,
    max_tokens_per_1_minute: 9_000,
    max_requests_per_1_day: unlimited,
    burst: 20,
    max_concurrent_streams: 4,
  });
  for (const { max_requests_per_1_minute } of shown.slice(1)) expect(max_requests_per_1_minute).toBe(unlimited);
});

test('they are the project’s own from then on, and can be taken away', async () => {
  const { id, projects } = await limitsOfNew(withDefaults);
  const updated = await projects.rateLimits.updateRateLimit('rl_project', {
    project_id: id,
    max_requests_per_1_minute: unlimited,
  });
  expect(updated).toMatchObject({ max_requests_per_1_minute: unlimited, max_tokens_per_1_minute: 9_000 });
});

test('where there are none, a new project is not limited', async () => {
  const { shown } = await limitsOfNew(without);
  expect(shown[0]).toMatchObject({ max_requests_per_1_minute: unlimited, max_concurrent_streams: unlimited });
});
