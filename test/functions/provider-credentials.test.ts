/** The gateway's own keys at the providers. */
import { question, scene } from '../support/scene.ts';
import { answer, completion, refusal } from '../support/scripted-provider.ts';

let current = 'sk-old-key-of-the-provider';
const reads: boolean[] = [];

/** Secrets Manager as an instance sees it: what was read first is kept until somebody asks for it anew. */
const rotating = () => {
  let kept = current;
  return async (_name: string, refresh: boolean) => {
    reads.push(refresh);
    if (refresh) kept = current;
    return kept;
  };
};

const on = scene({ override: ({ secrets }) => ({ secrets: { ...secrets, providerKey: rotating() } }) });

beforeEach(() => {
  reads.length = 0;
  on().provider.script = (response, asked) =>
    asked.headers.authorization === `Bearer ${current}`
      ? answer(completion('welcome'))(response, asked)
      : refusal(401, { message: 'Incorrect API key provided', code: 'invalid_api_key' })(response, asked);
});

test('a key that was rotated under a living instance is read anew after one 401, and the call goes on', async () => {
  const { tenant, provider } = on();
  await tenant.client.chat.completions.create(question);
  current = 'sk-new-key-of-the-provider';
  provider.asked.length = 0;
  const { choices } = await tenant.client.chat.completions.create(question);
  expect(choices[0]?.message.content).toBe('welcome');
  expect(provider.asked.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer sk-old-key-of-the-provider',
    'Bearer sk-new-key-of-the-provider',
  ]);
  await tenant.client.chat.completions.create(question);
  expect(provider.asked).toHaveLength(3);
});

test('a key that is wrong when read anew, too, is not tried again', async () => {
  const { tenant, provider } = on();
  provider.script = refusal(401, { message: 'Incorrect API key provided' });
  await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({
    status: 502,
    code: 'upstream_auth',
  });
  expect(provider.asked).toHaveLength(1);
  expect(reads).toEqual([false, true]);
});
