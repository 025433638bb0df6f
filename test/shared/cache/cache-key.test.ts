/** Two requests have one name if, and only if, they have one answer (THREATS 9). */
import fc from 'fast-check';
import { type CacheKeyParts, cacheKey } from '../../../shared/cache/cache-key.ts';

const secret = 'the secret of a project';
const parts: CacheKeyParts = {
  projectId: 'proj_a',
  kind: 'completions',
  targets: [{ provider: 'openai', model: 'gpt' }],
  guardrailVersion: 'none',
  body: { model: 'gpt', messages: [{ role: 'user', content: 'hi' }] },
};
const keyOf = (body: object, more: Partial<CacheKeyParts> = {}) =>
  cacheKey(secret, { ...parts, ...more, body: { ...parts.body, ...body } });

/** The same value with the members of every object in another order. */
const reordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reordered(member)]),
  );
};

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const bodies = fc.dictionary(fc.string(), json, { maxKeys: 6 });

test('the order of members is of no account, at any depth', () => {
  fc.assert(fc.property(bodies, (body) => keyOf(reordered(body) as object) === keyOf(body)));
});

test('different requests have different names', () => {
  const canonical = (value: unknown): string => JSON.stringify(reordered(sortedDeep(value)));
  fc.assert(
    fc.property(bodies, bodies, (one, other) => {
      const same = canonical(withoutStream(one)) === canonical(withoutStream(other));
      return (cacheKey(secret, { ...parts, body: one }) === cacheKey(secret, { ...parts, body: other })) === same;
    }),
  );
});
const withoutStream = ({ stream: _, stream_options: __, ...rest }: Record<string, unknown>) => rest;
const sortedDeep = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sortedDeep(member)]),
  );
};

/** Every parameter of the API that says something about the answer, and some that nobody knows yet. */
test.each([
  ['messages', [{ role: 'user', content: 'ho' }]],
  ['messages', [{ role: 'system', content: 'hi' }]],
  ['messages', [{ role: 'user', content: 'hi', name: 'x' }]],
  [
    'messages',
    [
      { role: 'user', content: 'hi' },
      { role: 'user', content: '' },
    ],
  ],
  ['model', 'other'],
  ['temperature', 0],
  ['top_p', 0.5],
  ['n', 2],
  ['seed', 1],
  ['stop', ['\n']],
  ['max_tokens', 5],
  ['max_completion_tokens', 5],
  ['presence_penalty', 1],
  ['frequency_penalty', 1],
  ['logit_bias', { '50256': -100 }],
  ['logprobs', true],
  ['top_logprobs', 2],
  ['user', 'somebody'],
  ['safety_identifier', 'somebody'],
  ['tools', [{ type: 'function', function: { name: 'f' } }]],
  ['tool_choice', 'none'],
  ['parallel_tool_calls', false],
  ['response_format', { type: 'json_object' }],
  ['reasoning_effort', 'low'],
  ['verbosity', 'low'],
  ['service_tier', 'flex'],
  ['prediction', { type: 'content', content: 'x' }],
  ['metadata', { a: 'b' }],
  ['not_invented_yet', null],
])('%s is part of the name: %j', (name, value) => {
  expect(keyOf({ [name]: value })).not.toBe(keyOf({}));
});

test('whether it streams is not, nor whether the stream tells its usage', () => {
  expect(keyOf({ stream: true, stream_options: { include_usage: true } })).toBe(keyOf({ stream: false }));
  expect(keyOf({ stream: null })).toBe(keyOf({}));
});

test('a list is no object whose members are numbered', () => {
  expect(keyOf({ metadata: ['a'] })).not.toBe(keyOf({ metadata: { 0: 'a' } }));
});

test('in a schema the order of members counts, since models write in that order', () => {
  const first = { a: { type: 'string' }, b: { type: 'string' } };
  const second = { b: { type: 'string' }, a: { type: 'string' } };
  const format = (properties: object) => ({
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object', properties } } },
  });
  const tools = (properties: object) => ({
    tools: [{ type: 'function', function: { name: 'f', parameters: { properties } } }],
  });
  expect(keyOf(format(first))).not.toBe(keyOf(format(second)));
  expect(keyOf(tools(first))).not.toBe(keyOf(tools(second)));
});

test.each<[string, Partial<CacheKeyParts>]>([
  ['the tenant', { projectId: 'proj_b' }],
  ['the kind of call', { kind: 'embeddings' }],
  ['the provider', { targets: [{ provider: 'backup', model: 'gpt' }] }],
  ["the provider's model", { targets: [{ provider: 'openai', model: 'gpt-2' }] }],
  ['one target more', { targets: [...parts.targets, { provider: 'backup', model: 'gpt' }] }],
  ['the guardrails', { guardrailVersion: '1' }],
])('%s is part of the name', (_, more) => {
  expect(keyOf({}, more)).not.toBe(keyOf({}));
});

test('the secret is part of the name beside the tenant, which stands before it in the clear', () => {
  const digest = (key: string) => key.split('#')[1];
  expect(keyOf({})).toMatch(/^proj_a#[\w-]{43}$/);
  expect(digest(cacheKey('another secret', parts))).not.toBe(digest(cacheKey(secret, parts)));
  // Were two projects given one secret, they would not meet all the same.
  expect(digest(keyOf({}, { projectId: 'proj_b' }))).not.toBe(digest(keyOf({})));
});
