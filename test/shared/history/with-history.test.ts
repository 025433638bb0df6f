/** What responses follow on, prepared and kept on real tables. */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoErasureStore } from '../../../shared/conversations/erasure-store.ts';
import { deleteResponse } from '../../../shared/stored-responses/delete-response.ts';
import { dynamoStoredResponseStore } from '../../../shared/stored-responses/stored-response-store.ts';
import { scene } from '../../support/scene.ts';
import { asking, finished, said, wordsOf } from './scene.ts';

const on = scene();
const { ask, turn } = asking(on);

const rowsOf = async (table: 'conversations' | 'responses') => {
  const { database } = on();
  const { Items = [] } = await database.db.send(
    new ScanCommand({ TableName: database.names[table], ConsistentRead: true }),
  );
  return Items;
};
const responses = () => {
  const { gateway, database } = on();
  return dynamoStoredResponseStore(database.db, database.names.responses, {
    bodies: { put: async () => {}, get: async () => undefined, delete: async () => {} },
    now: () => gateway.clock.nowMs,
  });
};
const listed = async (id: string) => {
  const { data } = await on().tenant.client.conversations.items.list(id, { order: 'asc', limit: 100 });
  return wordsOf(data as never);
};

describe('a response that follows on another', () => {
  test('is asked for with all that was said before, and not with the instructions of that', async () => {
    const first = await turn({ input: 'q1', instructions: 'Speak French.' }, 'a1');
    const second = await turn({ input: 'q2', previous_response_id: first }, 'a2');
    const { body, sent, history } = await ask({ input: 'q3', previous_response_id: second });
    expect(wordsOf(sent)).toEqual(['user: q1', 'assistant: a1', 'user: q2', 'assistant: a2', 'user: q3']);
    expect(Object.keys(body).sort()).toEqual(['input', 'model']);
    expect(history).toMatchObject({ previousResponseId: second, conversationId: null, stored: true });
    expect(history.responseId).toMatch(/^resp_\w{20}$/);
  });

  test('is sent without ids and states that no provider knows', async () => {
    const first = await turn({ input: [{ role: 'user', content: 'q1', id: 'msg_mine' }] }, 'a1');
    const { sent } = await ask({ input: 'q2', previous_response_id: first });
    for (const item of sent) expect(Object.keys(item).filter((name) => name === 'id' || name === 'status')).toEqual([]);
  });

  test('may go on from an older one: each has its own history from there on', async () => {
    const first = await turn({ input: 'q1' }, 'a1');
    const left = await turn({ input: 'left', previous_response_id: first }, 'l');
    const right = await turn({ input: 'right', previous_response_id: first }, 'r');
    const further = await turn({ input: 'further', previous_response_id: right }, 'f');
    expect(wordsOf((await ask({ input: '?', previous_response_id: left })).sent)).toEqual([
      ...['user: q1', 'assistant: a1', 'user: left', 'assistant: l', 'user: ?'],
    ]);
    expect(wordsOf((await ask({ input: '?', previous_response_id: further })).sent)).toEqual([
      ...['user: q1', 'assistant: a1', 'user: right', 'assistant: r', 'user: further', 'assistant: f', 'user: ?'],
    ]);
  });

  test('keeps its history when those before it are deleted; those are not gone on from any more', async () => {
    const { tenant } = on();
    const first = await turn({ input: 'q1' }, 'a1');
    const second = await turn({ input: 'q2', previous_response_id: first }, 'a2');
    await responses().delete(tenant.projectId, first);
    expect(wordsOf((await ask({ input: '?', previous_response_id: second })).sent).slice(0, 2)).toEqual([
      'user: q1',
      'assistant: a1',
    ]);
    await expect(ask({ input: '?', previous_response_id: first })).rejects.toMatchObject({
      why: 'previous_response_not_found',
      message: `Previous response with id '${first}' not found.`,
      param: 'previous_response_id',
    });
  });

  test('is not kept where that was deleted while it was made', async () => {
    const { tenant } = on();
    const first = await turn({ input: 'q1' }, 'a1');
    const { history } = await ask({ input: 'q2', previous_response_id: first });
    await responses().delete(tenant.projectId, first);
    const before = [await rowsOf('conversations'), await rowsOf('responses')];
    await expect(history.keep(finished(history, [said('a2')]))).rejects.toMatchObject({
      why: 'previous_response_not_found',
    });
    expect([await rowsOf('conversations'), await rowsOf('responses')]).toEqual(before);
  });

  test('two that follow on the same one at once are both kept, each with its own history', async () => {
    const first = await turn({ input: 'q1' }, 'a1');
    const both = await Promise.all(
      ['x', 'y'].map((input) => turn({ input, previous_response_id: first }, `of ${input}`)),
    );
    for (const [index, id] of both.entries()) {
      const input = ['x', 'y'][index];
      expect(wordsOf((await ask({ input: '?', previous_response_id: id })).sent)).toEqual([
        ...['user: q1', 'assistant: a1', `user: ${input}`, `assistant: of ${input}`, 'user: ?'],
      ]);
    }
  });

  test('of another tenant is as good as none (I5)', async () => {
    const first = await turn({ input: 'q1' }, 'a1');
    const { projectId } = await on().gateway.tenant('other');
    await expect(ask({ input: '?', previous_response_id: first }, { projectId })).rejects.toMatchObject({
      message: `Previous response with id '${first}' not found.`,
    });
    await expect(ask({ input: '?', previous_response_id: 'resp_none' })).rejects.toMatchObject({
      message: "Previous response with id 'resp_none' not found.",
    });
  });

  test('after 30 days there is nothing to follow on, but for what was gone on from', async () => {
    const { gateway } = on();
    const startMs = gateway.clock.nowMs;
    const first = await turn({ input: 'q1' }, 'a1');
    gateway.clock.nowMs += 20 * 86_400_000;
    const second = await turn({ input: 'q2', previous_response_id: first }, 'a2');
    const fork = await turn({ input: 'other', previous_response_id: first }, 'o');
    gateway.clock.nowMs += 20 * 86_400_000;
    await gateway.runSchedule('sweep');
    await expect(ask({ input: '?', previous_response_id: first })).rejects.toMatchObject({
      why: 'previous_response_not_found',
    });
    for (const id of [second, fork]) {
      expect(wordsOf((await ask({ input: '?', previous_response_id: id })).sent)[0]).toBe('user: q1');
    }
    gateway.clock.nowMs += 20 * 86_400_000;
    await gateway.runSchedule('sweep');
    gateway.clock.nowMs += 86_400_000;
    await gateway.runSchedule('sweep');
    expect((await rowsOf('conversations')).filter(({ conversation }) => conversation.includes('#thr_'))).toEqual([]);
    gateway.clock.nowMs = startMs + 100 * 86_400_000;
  });
});

describe('a response that is deleted', () => {
  const deleted = async (id: string) => {
    const { gateway, tenant, database } = on();
    const bodies = { put: async () => {}, get: async () => undefined, delete: async () => {} };
    const erasure = dynamoErasureStore(database.db, database.names.conversations, {
      bodies,
      now: () => gateway.clock.nowMs,
    });
    return deleteResponse({ responses: responses(), erasure }, tenant.projectId, id, () => false);
  };
  const threadRows = async (id: string) => {
    const partition = `${on().tenant.projectId}#${id}`;
    return (await rowsOf('conversations')).filter(({ conversation }) => conversation === partition);
  };
  const threadOf = async (id: string) => (await responses().get(on().tenant.projectId, id))?.items?.in ?? '';

  test('takes what it has said with it, where nothing follows on it', async () => {
    const id = await turn({ input: 'q1' }, 'a1');
    const thread = await threadOf(id);
    expect((await threadRows(thread)).length).toBe(3);
    expect(await deleted(id)).toBe(true);
    expect(await threadRows(thread)).toEqual([]);
    expect(await deleted(id)).toBe(false);
  });

  test('leaves what others follow on, until the last of those is deleted', async () => {
    const first = await turn({ input: 'q1' }, 'a1');
    const second = await turn({ input: 'q2', previous_response_id: first }, 'a2');
    const fork = await turn({ input: 'other', previous_response_id: first }, 'o');
    const thread = await threadOf(first);
    for (const id of [first, second]) expect(await deleted(id)).toBe(true);
    expect(wordsOf((await ask({ input: '?', previous_response_id: fork })).sent)[0]).toBe('user: q1');
    expect(await deleted(fork)).toBe(true);
    await on().gateway.runSchedule('sweep');
    expect(await threadRows(thread)).toEqual([]);
  });

  test('of another tenant stays (I5)', async () => {
    const id = await turn({ input: 'q1' }, 'a1');
    expect(await responses().delete('proj_other', id)).toBe(false);
    expect(await threadOf(id)).toMatch(/^thr_/);
  });
});

describe('kept', () => {
  test('a response is there with its items the moment that it is kept', async () => {
    const { tenant } = on();
    const { history } = await ask({ input: 'q1' });
    await history.keep(finished(history, [said('a1'), said('a2')]));
    expect(await responses().get(tenant.projectId, history.responseId)).toMatchObject({
      status: 'completed',
      response: { id: history.responseId },
      items: { in: expect.stringMatching(/^thr_/), first: 0, output: 1, next: 3 },
    });
  });

  test('twice, it is there once', async () => {
    const first = await turn({ input: 'q1' }, 'a1');
    for (const body of [{ input: 'alone' }, { input: 'q2', previous_response_id: first }]) {
      const { history } = await ask(body);
      const done = finished(history, [said('a2')]);
      await history.keep(done);
      const before = (await rowsOf('conversations')).length;
      await history.keep(done);
      expect((await rowsOf('conversations')).length).toBe(before);
    }
  });

  test('nothing is, where the caller wants nothing stored; the response has an id all the same', async () => {
    const before = [await rowsOf('conversations'), await rowsOf('responses')];
    const { history, body } = await ask({ input: 'q1', store: false });
    await history.keep(finished(history, [said('a1')]));
    expect([history.stored, history.responseId]).toEqual([false, expect.stringMatching(/^resp_/)]);
    expect(body['input']).toBe('q1');
    expect([await rowsOf('conversations'), await rowsOf('responses')]).toEqual(before);
  });

  test('a request that brings 250 items of its own, and a picture of a megabyte', async () => {
    const turns = Array.from({ length: 250 }, (_, index) => ({ role: 'user', content: `turn ${index}` }));
    const picture = { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(1_000_000)}`, detail: 'low' };
    const first = await turn({ input: [...turns, { role: 'user', content: [picture] }] }, 'a1');
    const { sent } = await ask({ input: 'q2', previous_response_id: first });
    expect(sent).toHaveLength(253);
    expect(sent[250]).toMatchObject({ content: [picture] });
    expect(wordsOf(sent).slice(0, 2)).toEqual(['user: turn 0', 'user: turn 1']);
  });
});

describe('a conversation', () => {
  test('goes before the input, and has both the input and the answer afterwards', async () => {
    const { conversations } = on().tenant.client;
    const { id } = await conversations.create({ items: [{ role: 'user', content: 'q1' }] });
    const { sent, history, body } = await ask({ input: 'q2', conversation: { id } });
    expect(wordsOf(sent)).toEqual(['user: q1', 'user: q2']);
    expect(Object.keys(body).sort()).toEqual(['input', 'model']);
    expect(history).toMatchObject({ conversationId: id, previousResponseId: null });
    await history.keep(finished(history, [said('a2')]));
    expect(await listed(id)).toEqual(['user: q1', 'user: q2', 'assistant: a2']);
  });

  test('has them also where the response itself is not stored', async () => {
    const { conversations } = on().tenant.client;
    const { id } = await conversations.create();
    const responseId = await turn({ input: 'q1', conversation: id, store: false }, 'a1');
    expect(await listed(id)).toEqual(['user: q1', 'assistant: a1']);
    await expect(ask({ input: '?', previous_response_id: responseId })).rejects.toMatchObject({
      why: 'previous_response_not_found',
    });
  });

  test('is gone on from by a response of it, until it is deleted', async () => {
    const { conversations } = on().tenant.client;
    const { id } = await conversations.create();
    const first = await turn({ input: 'q1', conversation: id }, 'a1');
    const second = await turn({ input: 'q2', previous_response_id: first }, 'a2');
    expect(wordsOf((await ask({ input: '?', previous_response_id: second })).sent)).toEqual([
      ...['user: q1', 'assistant: a1', 'user: q2', 'assistant: a2', 'user: ?'],
    ]);
    expect(await listed(id)).toEqual(['user: q1', 'assistant: a1']);
    await conversations.delete(id);
    for (const previous_response_id of [first, second]) {
      await expect(ask({ input: '?', previous_response_id })).rejects.toMatchObject({
        why: 'previous_response_not_found',
      });
    }
  });

  test('that is deleted while a response is made: nothing is kept, and the caller is told', async () => {
    const { conversations } = on().tenant.client;
    const { id } = await conversations.create({ items: [{ role: 'user', content: 'q1' }] });
    const { history } = await ask({ input: 'q2', conversation: id });
    await conversations.delete(id);
    const before = [await rowsOf('conversations'), await rowsOf('responses')];
    await expect(history.keep(finished(history, [said('a2')]))).rejects.toMatchObject({
      why: 'not_found',
      message: `Conversation with id '${id}' not found.`,
    });
    expect([await rowsOf('conversations'), await rowsOf('responses')]).toEqual(before);
  });

  test.each([
    ['that nobody knows', async () => ['conv_none', undefined] as const],
    [
      'that is a thread',
      async () => {
        await turn({ input: 'q' }, 'a');
        const [row] = (await rowsOf('conversations')).filter(({ conversation }) => conversation.includes('#thr_'));
        return [
          String(row?.['conversation']).split('#')[1] ?? '',
          String(row?.['conversation']).split('#')[0],
        ] as const;
      },
    ],
    [
      'of another tenant (I5)',
      async () => {
        const { id } = await on().tenant.client.conversations.create();
        return [id, (await on().gateway.tenant('other')).projectId] as const;
      },
    ],
  ])('%s is not found', async (_, made) => {
    const [conversation, projectId] = await made();
    await expect(ask({ input: 'q', conversation }, projectId === undefined ? {} : { projectId })).rejects.toMatchObject(
      {
        why: 'not_found',
        message: `Conversation with id '${conversation}' not found.`,
      },
    );
  });

  test('has a request that is sent again once, and its first answer', async () => {
    const { conversations } = on().tenant.client;
    const { id } = await conversations.create();
    const body = { input: 'q', conversation: id };
    await turn(body, 'first');
    await turn(body, 'second', { headers: { 'x-stainless-retry-count': '1' } });
    expect(await listed(id)).toEqual(['user: q', 'assistant: first']);
    await turn(body, 'third');
    expect(await listed(id)).toEqual(['user: q', 'assistant: first', 'user: q', 'assistant: third']);
    const keyed = { headers: { 'idempotency-key': 'the-same' } };
    await turn(body, 'fourth', keyed);
    await turn(body, 'fifth', keyed);
    expect((await listed(id)).slice(4)).toEqual(['user: q', 'assistant: fourth']);
  });

  test('takes 60 items with one request, and says so of more before anything is asked', async () => {
    const { id } = await on().tenant.client.conversations.create();
    const input = Array.from({ length: 61 }, (_, index) => ({ role: 'user', content: `${index}` }));
    await expect(ask({ input, conversation: id })).rejects.toMatchObject({ why: 'invalid_request', param: 'input' });
    await turn({ input: input.slice(1), conversation: id }, 'a');
    expect(await listed(id)).toHaveLength(61);
  });
});
