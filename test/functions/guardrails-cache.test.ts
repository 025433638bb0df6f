/** What the cache gives again has passed what it would have to pass now, and nothing less. */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { SafetyWishes } from '../../shared/safety/policy.ts';
import { asked, newQuestion, streamed } from '../support/cache-scene.ts';
import { canarySecret, moderated, setPolicy, tenantWith, unsafeText, unsafeWord } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, refusal, type Script, spoken, stream } from '../support/scripted-provider.ts';

const given = scene();

const says =
  (text: string): Script =>
  (response, question) =>
    (question.body['stream'] === true ? stream(spoken([text])) : answer(completion(text)))(response, question);
const outOfOrder = refusal(500, { message: 'out of order' });

const keptAnswers = async (projectId: string): Promise<number> => {
  const { gateway, database } = given();
  await gateway.idle();
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names.responseCache }));
  return Items.filter(({ id }) => String(id).startsWith(projectId)).length;
};

describe.each(['whole', 'streamed'] as const)('%s', (how) => {
  const ask = how === 'whole' ? asked : streamed;

  test('a redacted answer is given again as it was given', async () => {
    const { gateway, provider } = given();
    provider.script = moderated(says(`The key is ${canarySecret}.`));
    const { client } = await tenantWith(gateway, { redaction: { output: ['secrets'] } });
    const question = newQuestion();
    await ask(client, question);
    await gateway.idle();
    const { data, cache } = await asked(client, question);
    expect(cache).toBe('hit');
    expect(data.choices[0]?.message.content).toMatch(/^The key is \[\w+\]\.$/);
  });

  test.each<[string, SafetyWishes, Script | undefined]>([
    ['that was flagged', { moderation: { output: 'flag' } }, undefined],
    ['that nobody could check', { moderation: { output: 'block', on_unavailable: 'allow' } }, outOfOrder],
    ['that was refused', { moderation: { output: 'block' }, retry_safely: 0 }, undefined],
  ])('an answer %s is not given again', async (_, policy, instead) => {
    const { gateway, provider } = given();
    provider.script = moderated(says(unsafeText), instead && { instead });
    const { client, projectId } = await tenantWith(gateway, policy);
    const question = newQuestion();
    await ask(client, question);
    expect(await keptAnswers(projectId)).toBe(0);
    provider.script = moderated(says(unsafeText));
    expect((await ask(client, question)).cache).toBe('miss');
  });

  test('the answer to a refused input is not kept', async () => {
    const { gateway, provider } = given();
    provider.script = moderated(undefined, { after: 40 });
    const { client, projectId } = await tenantWith(gateway, { moderation: { input: 'block', alongside: true } });
    const question = { model: 'test-model', messages: [{ role: 'user' as const, content: unsafeText }] };
    await expect(ask(client, question)).rejects.toMatchObject({ status: 400 });
    expect(await keptAnswers(projectId)).toBe(0);
    await ask(client, newQuestion());
    expect(await keptAnswers(projectId)).toBe(1);
  });
});

test('under another policy an answer is asked for anew', async () => {
  const { gateway, provider } = given();
  provider.script = moderated(says(unsafeText));
  const { client, projectId } = await tenantWith(gateway, { moderation: { input: 'flag' } });
  const question = newQuestion();
  await asked(client, question);
  await gateway.idle();
  expect((await asked(client, question)).cache).toBe('hit');
  await setPolicy(gateway, projectId, { moderation: { output: 'block' }, retry_safely: 0 });
  gateway.clock.nowMs += 120_000;
  const { data, cache } = await asked(client, question);
  expect(cache).toBe('miss');
  expect(data.choices[0]?.message.content).not.toContain(unsafeWord);
});
