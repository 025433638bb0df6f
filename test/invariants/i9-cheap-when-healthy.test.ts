/** I9: a warm request makes at most one DynamoDB round trip before the provider is asked, and none until the caller has the answer. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoToolStore } from '../../shared/tools/tool-store.ts';
import { sampleTool } from '../shared/tools/sample-tool.ts';
import { question, scene } from '../support/scene.ts';
import { spoken, stream, wellBehaved } from '../support/scripted-provider.ts';

const events: string[] = [];
/** How many events there had been when each of DynamoDB's answers came. */
const answers: number[] = [];

/** The real client, with its calls noted in the order in which they begin and end. */
const noting = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return (command: { constructor: { name: string } }) => {
        events.push(command.constructor.name);
        return target.send(command as never).finally(() => answers.push(events.length));
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: noting(db), onceDb: noting(onceDb) }) });

const watched = async (streamed: boolean, headers: Record<string, string> = {}): Promise<string[]> => {
  const { provider, tenant, gateway } = on();
  provider.script = (response, asked) => {
    events.push('provider asked');
    return streamed ? stream(spoken(['a', 'b', 'c']))(response, asked) : wellBehaved(response, asked);
  };
  await gateway.idle();
  events.length = 0;
  answers.length = 0;
  if (streamed) {
    for await (const _ of await tenant.client.chat.completions.create({ ...question, stream: true }, { headers }))
      events.push('chunk');
  } else await tenant.client.chat.completions.create(question, { headers });
  events.push('caller served');
  await gateway.idle();
  return events.filter((event) => event !== 'chunk' || events.lastIndexOf('chunk') === events.indexOf(event));
};

const warmUp = () =>
  on()
    .tenant.client.models.list()
    .then(() => on().tenant.client.chat.completions.create(question));

test.each([
  ['whole', false],
  ['streamed', true],
])(
  'a warm request, %s: one round trip before, in which the counters and the ledger are written',
  async (_, streamed) => {
    await warmUp();
    const seen = await watched(streamed);
    expect(seen.slice(0, seen.indexOf('provider asked'))).toEqual(['UpdateCommand', 'PutCommand']);
    // Both are on their way before either is answered.
    expect(answers[0]).toBe(2);
    const after = seen.slice(seen.indexOf('provider asked') + 1).filter((event) => event !== 'chunk');
    // The settlement begins once the last byte is out; whether it is noted before or after the caller has read that byte is chance.
    expect(after.sort()).toEqual(['PutCommand', 'UpdateCommand', 'caller served']);
  },
);

test('an Idempotency-Key is claimed in that same round trip', async () => {
  await warmUp();
  const seen = await watched(false, { 'Idempotency-Key': 'i9' });
  expect(seen.slice(0, seen.indexOf('provider asked'))).toEqual(['UpdateCommand', 'PutCommand', 'PutCommand']);
  expect(answers[0]).toBe(3);
});

test('a warm request that names tools of the gateway makes the same one: they are remembered', async () => {
  const { gateway, database, tenant, provider } = on();
  await dynamoToolStore(database.db, database.names.tools).create(sampleTool());
  const tools = [{ type: 'function' as const, function: { name: 'sluice:get_weather' } }];
  const ask = () => tenant.client.chat.completions.create({ ...question, tools });
  await warmUp();
  await ask();
  provider.script = (response, asked) => {
    events.push('provider asked');
    return wellBehaved(response, asked);
  };
  await gateway.idle();
  events.length = 0;
  await ask();
  // The last is the run's own row, which nobody waits for: it goes out as the provider is asked.
  expect(events.slice(0, events.indexOf('provider asked'))).toEqual(['UpdateCommand', 'PutCommand', 'PutCommand']);
});

test('a stream’s chunks wait for no store: none is asked between the first and the last of them', async () => {
  await warmUp();
  const { provider, tenant, gateway } = on();
  provider.script = stream(spoken(['a', 'b', 'c', 'd']), { pauseMs: 5 });
  await gateway.idle();
  events.length = 0;
  for await (const _ of await tenant.client.chat.completions.create({ ...question, stream: true }))
    events.push('chunk');
  await gateway.idle();
  const inside = events.slice(events.indexOf('chunk'), events.lastIndexOf('chunk'));
  expect(inside.filter((event) => event !== 'chunk')).toEqual([]);
});

test('a cold request reads the key, then its project and the organization, and marks the key as used at the same time', async () => {
  const { gateway, provider } = on();
  // From an address that the instance knows: of another it asks as well, at the same time as of the key.
  await warmUp();
  const tenant = await gateway.tenant();
  provider.script = (response, asked) => {
    events.push('provider asked');
    return wellBehaved(response, asked);
  };
  events.length = 0;
  await tenant.client.chat.completions.create(question);
  expect(events.slice(0, events.indexOf('provider asked'))).toEqual([
    'GetCommand',
    'GetCommand',
    'GetCommand',
    'UpdateCommand',
    'UpdateCommand',
    'PutCommand',
  ]);
});

test('listing models, warm, asks no store at all', async () => {
  await warmUp();
  await on().gateway.idle();
  events.length = 0;
  await on().tenant.client.models.list();
  expect(events).toEqual([]);
});
