import * as fc from 'fast-check';
import { projectPolicySchema, unlimited } from '../../../shared/limits/limits.ts';
import { limitsAfter, modelOfRateLimit, rateLimitId } from '../../../shared/limits/rate-limit.ts';
import { maxLimitedModels, policyAfter, rateLimitPage } from '../../../shared/limits/rate-limits.ts';

const policy = (changes: object = {}) => projectPolicySchema.parse(changes);

describe('the id of a rate limit', () => {
  test.each([
    ['*', 'rl_project'],
    ['gpt-4o', 'rl-gpt-4o'],
    ['anthropic.claude-3:0', 'rl-anthropic.claude-3:0'],
    ['rl_project', 'rl-rl_project'],
  ])('of %s is %s, and leads back', (model, id) => {
    expect(rateLimitId(model)).toBe(id);
    expect(modelOfRateLimit(id)).toBe(model);
  });

  test.each(['', 'rl-', 'rl-*', 'rl_gpt-4o', 'gpt-4o', 'rl-a/b', 'rl-..', `rl-${'a'.repeat(129)}`])(
    'cannot be %j',
    (id) => {
      expect(modelOfRateLimit(id)).toBeNull();
    },
  );
});

describe('limits after a change', () => {
  test('keep what is not mentioned', () => {
    expect(limitsAfter({ requestsPerMinute: 6, requestsPerDay: 9 }, { max_tokens_per_1_minute: 7 })).toEqual({
      requestsPerMinute: 6,
      requestsPerDay: 9,
      tokensPerMinute: 7,
    });
  });

  test.each([unlimited, unlimited + 1, Number.MAX_SAFE_INTEGER])('are gone where %i is set', (number) => {
    const limits = { requestsPerMinute: 6, tokensPerMinute: 7, requestsPerDay: 9, burst: 5 };
    const { burst: _, ...withoutBurst } = limits;
    expect(limitsAfter(limits, { max_tokens_per_1_minute: number })).toEqual({ ...limits, tokensPerMinute: undefined });
    expect(limitsAfter(limits, { max_requests_per_1_day: number })).toEqual({ ...limits, requestsPerDay: undefined });
    expect(limitsAfter(limits, { burst: number })).toEqual(withoutBurst);
  });

  test('are still there one below that', () => {
    expect(limitsAfter({}, { max_requests_per_1_day: unlimited - 1 })).toEqual({ requestsPerDay: unlimited - 1 });
  });

  test('lose the burst together with the limit that it belongs to', () => {
    expect(limitsAfter({ requestsPerMinute: 6, burst: 5 }, { max_requests_per_1_minute: unlimited })).toEqual({});
  });

  test('hold no undefined, which the database does not take', () => {
    expect(Object.keys(limitsAfter({ requestsPerMinute: 6 }, { max_requests_per_1_minute: unlimited }))).toEqual([]);
  });
});

describe('the policy after a change', () => {
  test('of one model leaves those of the others', () => {
    const before = policy({ modelLimits: { a: { requestsPerDay: 1 }, b: { requestsPerDay: 2 } } });
    expect(policyAfter(before, 'b', { max_requests_per_1_day: 3 })).toEqual({
      modelLimits: { a: { requestsPerDay: 1 }, b: { requestsPerDay: 3 } },
    });
    expect(policyAfter(before, 'b', { max_requests_per_1_day: unlimited })).toEqual({
      modelLimits: { a: { requestsPerDay: 1 } },
    });
  });

  test.each(['constructor', 'toString', 'valueOf'])('of a model called %s is that of any other', (model) => {
    expect(policyAfter(policy(), model, { max_requests_per_1_day: 3 })).toEqual({
      modelLimits: { [model]: { requestsPerDay: 3 } },
    });
  });

  test('of the project touches no stream limit that is not mentioned', () => {
    expect(policyAfter(policy({ concurrentStreams: 4 }), '*', { max_requests_per_1_day: 3 })).toEqual({
      limits: { requestsPerDay: 3 },
    });
  });

  test('takes in as many models as may have limits of their own, and not one more', () => {
    const many = (count: number) =>
      policy({ modelLimits: Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, { burst: 1 }])) });
    const wish = { max_requests_per_1_day: 3 };
    expect(policyAfter(many(maxLimitedModels - 1), 'new', wish)).toMatchObject({ modelLimits: { new: {} } });
    expect(() => policyAfter(many(maxLimitedModels), 'new', wish)).toThrow('At most 50 models');
    expect(policyAfter(many(maxLimitedModels), 'm1', wish)).toMatchObject({
      modelLimits: { m1: { requestsPerDay: 3 } },
    });
    expect(policyAfter(many(maxLimitedModels), 'new', { max_requests_per_1_day: unlimited })).toBeDefined();
  });
});

describe('pages of rate limits', () => {
  const models = ['b', 'd', 'a', 'c'];
  const page = (query: object) => rateLimitPage(models, { limit: 100, ...query });

  test('begin with the project, then the models by name', () => {
    expect(page({})).toEqual({ items: ['*', 'a', 'b', 'c', 'd'], hasMore: false });
  });

  test('go on after the last one seen, also when that has gone', () => {
    expect(page({ after: 'rl_project', limit: 2 })).toEqual({ items: ['a', 'b'], hasMore: true });
    expect(page({ after: 'rl-bb', limit: 2 })).toEqual({ items: ['c', 'd'], hasMore: false });
    expect(page({ after: 'rl-d' })).toEqual({ items: [], hasMore: false });
  });

  test('go back from the first one seen', () => {
    expect(page({ before: 'rl-d', limit: 2 })).toEqual({ items: ['b', 'c'], hasMore: true });
    expect(page({ before: 'rl-b', limit: 2 })).toEqual({ items: ['*', 'a'], hasMore: false });
    expect(page({ before: 'rl_project' })).toEqual({ items: [], hasMore: false });
  });

  test('between two cursors hold what is between', () => {
    expect(page({ after: 'rl_project', before: 'rl-d', limit: 2 })).toEqual({ items: ['a', 'b'], hasMore: true });
  });

  test('of any size, forwards or backwards, walk over all of them once', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,3}$/).filter((text) => !text.includes('..'));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (names, limit) => {
        const all = rateLimitPage(names, { limit: 100 }).items;
        const forwards: string[] = [];
        for (let after: string | undefined, more = true; more; ) {
          const { items, hasMore } = rateLimitPage(names, { after, limit });
          forwards.push(...items);
          after = rateLimitId(items.at(-1) ?? '*');
          more = hasMore;
        }
        expect(forwards).toEqual(all);
        const backwards: string[] = [];
        for (let before = 'rl-zzzzz', more = true; more; ) {
          const { items, hasMore } = rateLimitPage(names, { before, limit });
          backwards.unshift(...items);
          before = rateLimitId(items.at(0) ?? '*');
          more = hasMore;
        }
        expect(backwards).toEqual(all);
      }),
    );
  });
});
