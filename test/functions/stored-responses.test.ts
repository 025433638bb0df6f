/** Responses that are kept: retrieved, replayed, deleted and cancelled by their ids, through the official SDK. */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import OpenAI from 'openai';
import { folderBodies } from '../../shared/bodies/folder-bodies.ts';
import type { StoredResponse } from '../../shared/stored-responses/stored-response.ts';
import { dynamoStoredResponseStore } from '../../shared/stored-responses/stored-response-store.ts';
import { scene } from '../support/scene.ts';
import { message, response } from '../support/scripted-responses.ts';

const on = scene();

const store = () => {
  const { database, gateway } = on();
  const bodies = folderBodies(gateway.live.env.bodies.folder ?? '');
  return dynamoStoredResponseStore(database.db, database.names.responses, { bodies, now: gateway.live.now });
};

let made = 0;
async function keep(status: StoredResponse['status'], more: object = {}): Promise<StoredResponse> {
  const { tenant, gateway } = on();
  made += 1;
  const id = `resp_${String(made).padStart(20, '0')}`;
  const stored: StoredResponse = {
    projectId: tenant.projectId,
    id,
    status,
    response: { ...response(status, [message('Hello there')]), id, background: false, ...more },
    items: null,
    expiresAt: Math.floor(gateway.clock.nowMs / 1000) + 86_400,
  };
  await store().put(stored);
  return stored;
}

const statusOf = async (work: Promise<unknown>): Promise<readonly unknown[]> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error(`no error of the API, but ${error}`);
  return [error.status, error.message, error.param];
};

test('a response is retrieved as its caller got it', async () => {
  const { tenant } = on();
  const { id, response: kept } = await keep('completed');
  expect(await tenant.client.responses.retrieve(id, { include: ['reasoning.encrypted_content'] })).toMatchObject({
    ...kept,
    output_text: 'Hello there',
  });
});

test('or as the events that it would have come with, from any of them on', async () => {
  const { tenant } = on();
  const { id, response: kept } = await keep('completed');
  const stream = await tenant.client.responses.retrieve(id, { stream: true, include_obfuscation: false });
  const types: string[] = [];
  for await (const event of stream) types.push(event.type);
  expect(types.at(0)).toBe('response.created');
  expect(types.at(-1)).toBe('response.completed');
  const rest: string[] = [];
  for await (const event of await tenant.client.responses.retrieve(id, { stream: true, starting_after: 2 }))
    rest.push(event.type);
  expect(rest).toEqual(types.slice(3));
  const final = await tenant.client.responses.stream({ response_id: id }).finalResponse();
  expect(final).toMatchObject(kept);
});

test.each(['queued', 'in_progress', 'cancelled'] as const)('there are no events of one that is %s', async (status) => {
  const { tenant } = on();
  const { id } = await keep(status, { background: true });
  const [code, , param] = await statusOf(Promise.resolve(tenant.client.responses.retrieve(id, { stream: true })));
  expect([code, param]).toEqual([400, 'stream']);
});

test('what is deleted is gone, and cannot be deleted again', async () => {
  const { tenant } = on();
  const { id } = await keep('completed');
  await tenant.client.responses.delete(id);
  const gone = [404, `404 Response with id '${id}' not found.`, null];
  expect(await statusOf(tenant.client.responses.retrieve(id))).toEqual(gone);
  expect(await statusOf(tenant.client.responses.delete(id))).toEqual(gone);
  expect(await store().get(tenant.projectId, id)).toBeUndefined();
});

test('one that is over is gone as well', async () => {
  const { tenant, gateway } = on();
  const { id } = await keep('completed');
  gateway.clock.nowMs += 86_400_000;
  expect((await statusOf(tenant.client.responses.retrieve(id)))[0]).toBe(404);
});

test('only what is made in the background can be cancelled', async () => {
  const { tenant } = on();
  const { id } = await keep('completed');
  expect(await statusOf(tenant.client.responses.cancel(id))).toEqual([
    400,
    '400 Only responses that were created with background=true can be cancelled.',
    'response_id',
  ]);
});

test("another project's is as good as none, whatever is done with it (I5)", async () => {
  const { gateway, tenant } = on();
  const { client } = await gateway.tenant('stranger');
  const { id } = await keep('in_progress', { background: true });
  const missing = 'resp_99999999999999999999';
  const ways: ((id: string) => Promise<unknown>)[] = [
    (one) => client.responses.retrieve(one),
    (one) => client.responses.retrieve(one, { stream: true }),
    (one) => client.responses.delete(one),
    (one) => client.responses.cancel(one),
    (one) => Promise.resolve(client.responses.inputItems.list(one)),
  ];
  for (const way of ways) {
    const [theirs, nobodys] = [await statusOf(way(id)), await statusOf(way(missing))];
    expect(theirs).toEqual([404, `404 Response with id '${id}' not found.`, null]);
    expect(nobodys).toEqual([404, `404 Response with id '${missing}' not found.`, null]);
  }
  expect(await tenant.client.responses.retrieve(id)).toMatchObject({ status: 'in_progress' });
});

describe('what a response was asked', () => {
  const ask = (input: OpenAI.Responses.ResponseInput | string, more: object = {}) =>
    on().tenant.client.responses.create({ model: 'test-model', input, ...more });
  const textsOf = async (id: string, query: OpenAI.Responses.InputItemListParams = {}) => {
    const texts: unknown[] = [];
    for await (const item of on().tenant.client.responses.inputItems.list(id, query))
      texts.push(JSON.stringify((item as { content?: unknown }).content));
    return texts;
  };
  const said = (text: string) => ({ role: 'user' as const, content: text });

  test('is listed without its answer, newest first unless told otherwise, page by page', async () => {
    const { id } = await ask([said('one'), said('two'), said('three')]);
    const forth = await textsOf(id, { order: 'asc' });
    expect(forth.map((text) => /one|two|three/.exec(String(text))?.[0])).toEqual(['one', 'two', 'three']);
    expect(await textsOf(id)).toEqual(forth.toReversed());
    expect(await textsOf(id, { limit: 1, order: 'asc' })).toEqual(forth);
    const { data } = await on().tenant.client.responses.inputItems.list(id, { limit: 1, order: 'asc' });
    expect(await textsOf(id, { after: data[0]?.id ?? '', order: 'asc' })).toEqual(forth.slice(1));
  });

  test('is its own, and not what it follows on', async () => {
    const first = await ask('one');
    const { id } = await ask('two', { previous_response_id: first.id });
    expect(await textsOf(id)).toEqual([expect.stringContaining('two')]);
  });

  test('goes with it, unless another response has gone on from there', async () => {
    const { database } = on();
    const rows = async () => {
      const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names.conversations }));
      return Items.filter((row) => JSON.stringify(row).includes('a word that is nowhere else'));
    };
    const { client } = on().tenant;
    const first = await ask('a word that is nowhere else');
    const second = await ask('and then?', { previous_response_id: first.id });
    await client.responses.delete(first.id);
    expect(await rows()).toHaveLength(1);
    await client.responses.delete(second.id);
    await on().gateway.runSchedule('sweep');
    expect(await rows()).toEqual([]);
  });
});
