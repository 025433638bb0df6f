/** The real `openai` provider behind the moderator, and scripted servers behind that. */
import { setTimeout as sleep } from 'node:timers/promises';
import { maxTextsPerCall } from '../../../shared/moderation/pieces.ts';
import { maxCalls, maxCallsAtOnce, rememberedMs } from '../../../shared/moderation/provider-moderator.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import {
  answer,
  refusal,
  type Script,
  type ScriptedProvider,
  scriptedProvider,
} from '../../support/scripted-provider.ts';
import { watchClocks } from '../providers/asking.ts';
import {
  allAt,
  asks,
  configured,
  type Input,
  judging,
  moderatorFor,
  reading,
  results,
  type TestModerator,
} from './moderators.ts';

let database: TestDatabase;
let first: ScriptedProvider;
let second: ScriptedProvider;
beforeAll(async () => {
  [database, first, second] = await Promise.all([testDatabase(), scriptedProvider(), scriptedProvider()]);
});
afterAll(() => Promise.all([database.stop(), first.stop(), second.stop()]));

let moderator: TestModerator;
beforeEach(async () => {
  for (const provider of [first, second]) {
    provider.script = reading;
    provider.asked.length = 0;
  }
  moderator = moderatorFor(database, configured([first]));
});

const inputsOf = ({ asked }: ScriptedProvider): Input[][] => asked.map(({ body }) => body['input'] as Input[]);
const texts = (...all: string[]) => ({ texts: all, images: [] });
const images = (...all: string[]) => ({ texts: [], images: all });
const hangs: Script = () => {};

describe('what is asked', () => {
  test('several texts are one call, each with a result of its own', async () => {
    const result = await moderator.moderate(texts('tea', 'violence', 'hate'), asks());
    expect(result).toMatchObject({
      kind: 'scored',
      scores: [
        { violence: 0.01, hate: 0.02 },
        { violence: 0.9, hate: 0.02 },
        { violence: 0.01, hate: 0.8 },
      ],
    });
    expect(first.asked.map(({ path, body }) => [path, body])).toEqual([
      ['/v1/moderations', { model: 'moderation-0', input: ['tea', 'violence', 'hate'] }],
    ]);
    expect(first.asked[0]?.headers.authorization).toBe('Bearer sk-of-the-provider');
    expect(moderator.events).toEqual([]);
  });

  test('what is blank is not sent, and has no scores', async () => {
    expect(await moderator.moderate(texts('', ' \n\t', 'violence'), asks())).toMatchObject({
      scores: [{}, {}, { violence: 0.9 }],
    });
    expect(inputsOf(first)).toEqual([['violence']]);
    expect(await moderator.moderate(texts('', ' '), asks())).toEqual({ kind: 'scored', scores: [{}, {}] });
    expect(await moderator.moderate(texts(), asks())).toEqual({ kind: 'scored', scores: [] });
    expect(first.asked).toHaveLength(1);
  });

  test('the same text is sent once, and answers for all', async () => {
    const result = await moderator.moderate(texts('hate', 'tea', 'hate', 'hate'), asks());
    expect(inputsOf(first)).toEqual([['hate', 'tea']]);
    expect(result).toMatchObject({ scores: [{ hate: 0.8 }, { hate: 0.02 }, { hate: 0.8 }, { hate: 0.8 }] });
  });

  test('a long text goes in chunks, and has the worst of their scores', async () => {
    const harmless = 'All is well in the garden. ';
    const long = `${harmless.repeat(300)}Then violence. ${harmless.repeat(300)}And hate. ${harmless.repeat(100)}`;
    const result = await moderator.moderate(texts('tea', long), asks());
    expect(result).toMatchObject({ scores: [{ violence: 0.01 }, { violence: 0.9, hate: 0.8 }] });
    expect(first.asked).toHaveLength(1);
    for (const input of inputsOf(first)[0] ?? []) expect(String(input).length).toBeLessThan(2_000);
  });

  test('more texts than a call takes are several calls, and each answer comes back to its text', async () => {
    first.script = judging((content) => ({ violence: Number(content.slice(1)) / 100 }));
    const all = Array.from({ length: 2 * maxTextsPerCall + 1 }, (_, index) => `t${index}`);
    const result = await moderator.moderate(texts(...all), asks());
    expect(result.kind === 'scored' && result.scores.map(({ violence }) => violence)).toEqual(
      all.map((_, index) => index / 100),
    );
    expect(
      inputsOf(first)
        .map(({ length }) => length)
        .sort(),
    ).toEqual([1, maxTextsPerCall, maxTextsPerCall]);
  });

  test('an image is a call of its own, since its provider takes no two', async () => {
    const data = 'data:image/png;base64,iVBORw0KGgo=';
    const result = await moderator.moderate(
      { texts: ['tea'], images: [data, 'https://images.example/violence.png'] },
      asks(),
    );
    expect(result).toMatchObject({ scores: [{ violence: 0.01 }, { violence: 0.01 }, { violence: 0.9 }] });
    expect(inputsOf(first)).toHaveLength(3);
    expect(inputsOf(first)).toEqual(
      expect.arrayContaining([
        ['tea'],
        [{ type: 'image_url', image_url: { url: data } }],
        [{ type: 'image_url', image_url: { url: 'https://images.example/violence.png' } }],
      ]),
    );
  });

  test('a text and an image of the same characters are two things', async () => {
    const url = 'https://images.example/a.png';
    await moderator.moderate({ texts: [url], images: [url] }, asks());
    expect(first.asked).toHaveLength(2);
  });

  test('half a surrogate pair is sent as Unicode knows it', async () => {
    await moderator.moderate(texts('violence \uD83D!'), asks());
    expect(inputsOf(first)).toEqual([['violence \uFFFD!']]);
  });

  test('1 MB is a bounded number of calls, few of them at once', async () => {
    let atOnce = 0;
    let most = 0;
    first.script = async (response, asked) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await sleep(5);
      atOnce -= 1;
      return reading(response, asked);
    };
    const words = Array.from({ length: 130_000 }, (_, index) => `w${index}`).join(' ');
    const result = await moderator.moderate(texts(`${words} violence`), asks());
    expect(words.length).toBeGreaterThan(900_000);
    expect(result).toMatchObject({ scores: [{ violence: 0.9 }] });
    expect(first.asked.length).toBeLessThan(25);
    expect(most).toBeLessThanOrEqual(maxCallsAtOnce);
    expect(most).toBeGreaterThan(1);
  });

  test('more images than anyone may have checked are unavailable, and none is sent', async () => {
    const many = Array.from({ length: maxCalls + 1 }, (_, index) => `https://images.example/${index}.png`);
    expect(await moderator.moderate(images(...many), asks())).toEqual({
      kind: 'unavailable',
      why: 'too much to check',
    });
    expect(first.asked).toEqual([]);
    expect(moderator.events).toEqual([]);
  });
});

describe('what is remembered', () => {
  test('is not asked again for some minutes, text by text', async () => {
    await moderator.moderate(texts('tea', 'violence'), asks());
    expect(await moderator.moderate(texts('violence', 'hate'), asks())).toMatchObject({
      scores: [{ violence: 0.9 }, { hate: 0.8 }],
    });
    expect(inputsOf(first)).toEqual([['tea', 'violence'], ['hate']]);
    moderator.clock.nowMs += rememberedMs + 1;
    await moderator.moderate(texts('tea'), asks());
    expect(first.asked).toHaveLength(3);
  });

  test('is never another project’s (I5)', async () => {
    await moderator.moderate(texts('violence'), asks({ projectId: 'proj_a' }));
    await moderator.moderate(texts('violence'), asks({ projectId: 'proj_b' }));
    expect(first.asked).toHaveLength(2);
  });

  test('is no failure', async () => {
    first.script = refusal(500, { message: 'Down.' });
    expect(await moderator.moderate(texts('violence'), asks())).toMatchObject({ kind: 'unavailable' });
    first.script = reading;
    expect(await moderator.moderate(texts('violence'), asks())).toMatchObject({ scores: [{ violence: 0.9 }] });
  });
});

describe('the same question at the same time', () => {
  test('is asked once for a project, and once for each other', async () => {
    first.script = async (response, asked) => {
      await sleep(30);
      return reading(response, asked);
    };
    const same = Array.from({ length: 5 }, () => moderator.moderate(texts('violence'), asks()));
    const others = moderator.moderate(texts('violence'), asks({ projectId: 'proj_b' }));
    for (const result of await Promise.all([...same, others]))
      expect(result).toMatchObject({ scores: [{ violence: 0.9 }] });
    expect(first.asked).toHaveLength(2);
  });

  test('goes on by itself where the one that asked first has left', async () => {
    const leaving = new AbortController();
    let times = 0;
    first.script = async (response, asked) => {
      times += 1;
      if (times > 1) return reading(response, asked);
      await sleep(20);
      leaving.abort();
    };
    const left = moderator.moderate(texts('violence'), asks({ signal: leaving.signal }));
    const stayed = moderator.moderate(texts('violence'), asks());
    expect(await left).toEqual({ kind: 'unavailable', why: 'caller_left' });
    expect(await stayed).toMatchObject({ scores: [{ violence: 0.9 }] });
    expect(moderator.events).toEqual([]);
  });

  test('crossing questions do not wait for one another in a circle', async () => {
    first.script = refusal(500, { message: 'Down.' });
    const crossing = await Promise.all([
      moderator.moderate(texts('a', 'b'), asks()),
      moderator.moderate(texts('b', 'c'), asks()),
      moderator.moderate(texts('c', 'a'), asks()),
    ]);
    expect(crossing.map(({ kind }) => kind)).toEqual(Array(3).fill('unavailable'));
  });

  test('many different questions keep to their own answers', async () => {
    first.script = async (response, asked) => {
      await sleep(Math.round(asked.text.length % 7));
      return judging((content) => ({ hate: Number(content) / 1000 }))(response, asked);
    };
    const all = Array.from({ length: 60 }, (_, n) =>
      moderator.moderate(texts(String(n), String(n % 7), String(n + 1)), asks({ projectId: `proj_${n % 3}` })),
    );
    const found = await Promise.all(all);
    expect(found.map((result) => result.kind === 'scored' && result.scores.map(({ hate }) => hate))).toEqual(
      all.map((_, n) => [n / 1000, (n % 7) / 1000, (n + 1) / 1000]),
    );
  });
});

describe('an answer that is none', () => {
  const scored = results(allAt(0));
  test.each<[string, string, unknown]>([
    ['nothing', 'malformed: not an object', ''],
    ['a page', 'malformed: not an object', '<!doctype html>'],
    ['half a JSON', 'malformed: not an object', JSON.stringify(scored).slice(0, -9)],
    ['null', 'malformed: not an object', 'null'],
    ['a list', 'malformed: not an object', [scored]],
    ['an error in a 200', 'malformed: an error in a 200', { error: { message: 'canary' }, ...scored }],
    ['no results', 'malformed: no results', { id: 'modr-1' }],
    ['results that are no list', 'malformed: no results', { results: { 0: {} } }],
    ['too few results', 'malformed: another number of results', results()],
    ['too many results', 'malformed: another number of results', results(allAt(0), allAt(0))],
    ['a result that is null', 'malformed: no scores', { results: [null] }],
    ['a result without scores', 'malformed: no scores', { results: [{ flagged: false, categories: allAt(0) }] }],
    ['scores that are a list', 'malformed: no scores', results([0, 0, 0])],
    ['no score at all', 'malformed: no known category', results({})],
    ['unknown categories alone', 'malformed: no known category', results({ boredom: 0.1 })],
    ['a score in words', 'malformed: a score that is none', results({ ...allAt(0), hate: '0.9' })],
    ['a score that is null', 'malformed: a score that is none', results({ ...allAt(0), hate: null })],
    ['a score above one', 'malformed: a score that is none', results({ ...allAt(0), hate: 1.01 })],
    ['a score below zero', 'malformed: a score that is none', results({ ...allAt(0), hate: -0.01 })],
    ['a score that is true', 'malformed: a score that is none', results({ ...allAt(0), hate: true })],
    ['an endless score', 'malformed: a score that is none', '{"results":[{"category_scores":{"hate":1e999}}]}'],
  ])('%s is unavailable: %s', async (_, why, value) => {
    first.script = answer(value);
    expect(await moderator.moderate(texts('canary of the text'), asks())).toEqual({ kind: 'unavailable', why });
    expect(moderator.events).toEqual(['ModerationUnavailable']);
    expect(moderator.logs.at(-1)).toEqual({
      message: 'moderation unavailable',
      facts: { requestId: 'req_1', projectId: 'proj_a', why, texts: 1, images: 0 },
    });
    expect(JSON.stringify(moderator.logs)).not.toContain('canary');
  });

  test('some categories are enough, and unknown ones are passed over', async () => {
    first.script = answer(results({ hate: 0.25, boredom: 'very' }));
    expect(await moderator.moderate(texts('x'), asks())).toEqual({ kind: 'scored', scores: [{ hate: 0.25 }] });
  });

  test('one call of many that fails leaves nothing judged', async () => {
    first.script = (response, asked) =>
      asked.text.includes('t40') ? refusal(500, { message: 'Down.' })(response, asked) : reading(response, asked);
    const all = Array.from({ length: 50 }, (_, index) => `t${index}`);
    expect(await moderator.moderate(texts(...all), asks())).toEqual({ kind: 'unavailable', why: 'upstream_error' });
  });
});

describe('a provider that fails', () => {
  test.each<[string, Script, string]>([
    ['500', refusal(500, { message: 'canary' }), 'upstream_error'],
    ['429', refusal(429, { message: 'canary', type: 'requests' }, { 'retry-after': '7' }), 'rate_limit_exceeded'],
    ['401', refusal(401, { message: 'canary', code: 'invalid_api_key' }), 'upstream_auth'],
    ['400', refusal(400, { message: 'canary' }), 'invalid_request'],
    ['404', refusal(404, { message: 'canary' }), 'invalid_request'],
    ['a connection that is reset', (response) => void response.socket?.resetAndDestroy(), 'upstream_error'],
  ])('with %s has the next one asked, and where there is none it is unavailable', async (_, script, why) => {
    first.script = script;
    const both = moderatorFor(database, configured([first, second]));
    expect(await both.moderate(texts('violence'), asks())).toMatchObject({ scores: [{ violence: 0.9 }] });
    expect(second.asked[0]?.body).toEqual({ model: 'moderation-1', input: ['violence'] });
    expect(both.events).toEqual([]);
    await both.settled();
    second.script = script;
    const none = moderatorFor(database, configured([second]));
    expect(await none.moderate(texts('violence'), asks())).toEqual({ kind: 'unavailable', why });
    expect(none.events).toEqual(['ModerationUnavailable']);
    expect(JSON.stringify([both.logs, none.logs])).not.toContain('canary');
    expect(JSON.stringify([both.logs, none.logs])).not.toContain('violence');
  });

  test('again and again has its circuit opened, and is not asked any more', async () => {
    first.script = answer('junk');
    for (let times = 0; times < 5; times++) {
      await moderator.moderate(texts(`text ${times}`), asks());
      await moderator.settled();
    }
    first.script = reading;
    first.asked.length = 0;
    expect(await moderator.moderate(texts('violence'), asks())).toEqual({ kind: 'unavailable', why: 'circuit_open' });
    expect(first.asked).toEqual([]);
  });

  test('is silent: nobody waits for longer than the policy says', async () => {
    first.script = hangs;
    const startedMs = performance.now();
    expect(await moderator.moderate(texts('violence'), asks({ timeoutMs: 60 }))).toEqual({
      kind: 'unavailable',
      why: 'upstream_timeout',
    });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    // So short a patience is the policy's own doing.
    expect(moderator.events).toEqual([]);
    expect(moderator.logs.at(-1)?.message).toBe('moderation unavailable');
  });

  test('is silent: the short patience of some opens no circuit for others', async () => {
    first.script = hangs;
    await Promise.all(
      Array.from({ length: 8 }, (_, n) => moderator.moderate(texts(`text ${n}`), asks({ timeoutMs: 60 }))),
    );
    await moderator.settled();
    first.script = reading;
    expect(await moderator.moderate(texts('violence'), asks())).toMatchObject({ kind: 'scored' });
  });

  test('is silent for long: its circuit opens, but not for images, which are fetched from anywhere', async () => {
    first.script = hangs;
    const many = (input: (n: number) => ReturnType<typeof texts> | ReturnType<typeof images>) =>
      Promise.all(Array.from({ length: 6 }, (_, n) => moderator.moderate(input(n), asks({ timeoutMs: 2_100 }))));
    await many((n) => images(`https://slow.example/${n}.png`));
    await moderator.settled();
    expect(moderator.events).toEqual([]);
    first.asked.length = 0;
    await many((n) => texts(`text ${n}`));
    expect(first.asked).toHaveLength(6);
    await moderator.settled();
    expect(await moderator.moderate(texts('violence'), asks())).toEqual({ kind: 'unavailable', why: 'circuit_open' });
  });

  test('is silent: the next one still has time', async () => {
    first.script = hangs;
    const both = moderatorFor(database, configured([first, second]));
    expect(await both.moderate(texts('violence'), asks({ timeoutMs: 4_200 }))).toMatchObject({ kind: 'scored' });
    expect(second.asked).toHaveLength(1);
  });
});

describe('nobody can be asked', () => {
  test('where there is no model for it', async () => {
    const none = moderatorFor(database, { providers: {}, models: {} });
    expect(await none.moderate(texts('violence'), asks())).toEqual({ kind: 'unavailable', why: 'model_not_found' });
    expect(none.events).toEqual(['ModerationUnavailable']);
  });

  test('where it has no price', async () => {
    const unpriced = moderatorFor(database, {
      providers: { somebody: { kind: 'openai', baseURL: first.baseURL } },
      models: { 'omni-moderation-latest': { targets: ['somebody/who-knows'] } },
    });
    expect(await unpriced.moderate(texts('violence'), asks())).toEqual({
      kind: 'unavailable',
      why: 'model_not_priced',
    });
    expect(first.asked).toEqual([]);
  });

  test.each([
    { input: 0.01, output: 0 },
    { input: 0, output: 1 },
    { input: 0, cachedInput: 0.5, output: 0 },
  ])('where it would cost something, which no ledger would know of: %j', async (price) => {
    const dear = moderatorFor(database, configured([first], price));
    expect(await dear.moderate(texts('violence'), asks())).toEqual({
      kind: 'unavailable',
      why: 'the moderation model has a price',
    });
    expect(first.asked).toEqual([]);
  });

  test('where the kind of provider does not serve it', async () => {
    const azure = moderatorFor(database, {
      providers: {
        azure: { kind: 'azure', endpoint: 'http://127.0.0.1:9', apiVersion: '2024-10-21', apiKeyEnv: 'KEY' },
      },
      models: { 'omni-moderation-latest': { targets: ['azure/m'], price: { input: 0, output: 0 } } },
    });
    expect(await azure.moderate(texts('violence'), asks())).toEqual({ kind: 'unavailable', why: 'invalid_request' });
  });

  test('by a caller who has left already', async () => {
    const result = await moderator.moderate(texts('violence'), asks({ signal: AbortSignal.abort() }));
    expect(result).toEqual({ kind: 'unavailable', why: 'caller_left' });
    expect(first.asked).toEqual([]);
    expect(moderator.logs).toEqual([]);
  });
});

test('the demo provider answers for texts and images, so that moderation works before there is a key', async () => {
  const demo = moderatorFor(database, {
    providers: { demo: { kind: 'demo' } },
    models: { 'omni-moderation-latest': { targets: ['demo/omni-moderation-latest'], price: { input: 0, output: 0 } } },
  });
  const input = { texts: ['a', '', 'b'], images: ['https://images.example/a.png', 'https://images.example/b.png'] };
  expect(await demo.moderate(input, asks())).toEqual({
    kind: 'scored',
    scores: [allAt(0), {}, allAt(0), allAt(0), allAt(0)],
  });
});

test('no clock runs on after an answer, nor after a failure', async () => {
  const clocks = watchClocks(9_000);
  await moderator.moderate(texts('violence'), asks({ timeoutMs: 59_000 }));
  first.script = answer('junk');
  await moderator.moderate(texts('hate'), asks({ timeoutMs: 59_000 }));
  expect(clocks.running()).toBe(0);
  clocks.stop();
});
