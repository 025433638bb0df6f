/** Tools of the gateway that a request names become their definitions before the call is admitted, in both shapes. */
import { GatewayError } from '../../../shared/errors.ts';
import type { Arriving } from '../../../shared/inference/preparation.ts';
import { unprepared } from '../../../shared/inference/preparation.ts';
import type { Tool } from '../../../shared/tools/tool.ts';
import { createWithTools } from '../../../shared/tools/with-tools.ts';
import type { CallKind } from '../../../shared/usage/call-kind.ts';
import { sampleTool } from './sample-tool.ts';

const registered = [
  sampleTool(),
  sampleTool({ name: 'look_up', projects: ['proj_ours', 'proj_x'] }),
  sampleTool({ name: 'theirs', projects: ['proj_theirs'] }),
  sampleTool({ name: 'nobodys', projects: [] }),
];

const read: string[][] = [];
beforeEach(() => {
  read.length = 0;
});

const withTools = createWithTools({
  findTools: async (names) => {
    read.push([...names]);
    const found = registered.filter(({ name }) => names.includes(name));
    return new Map(found.map((tool): [string, Tool] => [tool.name, tool]));
  },
});

async function prepare(kind: CallKind, body: object) {
  const arriving = { caller: { kind: 'project', projectId: 'proj_ours' } } as unknown as Arriving;
  const request = { kind, endpoint: '/chat/completions' as const, body: { model: 'm', ...body }, streamed: false };
  return withTools(arriving, unprepared(request, 10));
}

const refusal = async (kind: CallKind, body: object) => {
  const error = await prepare(kind, body).catch((thrown: unknown) => thrown);
  if (!(error instanceof GatewayError)) throw new Error(`not refused: ${JSON.stringify(error)}`);
  return { why: error.why, param: error.param, message: error.message };
};

const chat = (name: string, more: object = {}) => ({ type: 'function', function: { name, ...more } });
const response = (name: string, more: object = {}) => ({ type: 'function', name, ...more });
const kinds = [
  ['chat', 'completions', chat, '.function.'],
  ['responses', 'responses', response, '.'],
] as const;

const { description, parameters } = sampleTool();
const defined = {
  completions: (name: string) => ({ type: 'function', function: { name, description, parameters } }),
  responses: (name: string) => ({ type: 'function', name, description, parameters, strict: false }),
};

describe.each(kinds)('in %s', (_name, kind, entry, path) => {
  test('they become what was registered, and the caller keeps its own beside them', async () => {
    const own = entry('mine', { parameters: { type: 'object' }, strict: true });
    const hosted = { type: 'custom', custom: { name: 'other' }, name: 'other' };
    const prepared = await prepare(kind, {
      tools: [own, entry('sluice:get_weather'), hosted, entry('sluice:look_up')],
    });
    expect(prepared.request.body['tools']).toEqual([
      own,
      defined[kind]('get_weather'),
      hosted,
      defined[kind]('look_up'),
    ]);
    expect([...prepared.tools.keys()]).toEqual(['get_weather', 'look_up']);
    expect(prepared.tools.get('look_up')).toEqual(registered[1]);
    expect(read).toEqual([['get_weather', 'look_up']]);
    expect(prepared.bodyBytes).toBe(Buffer.byteLength(JSON.stringify(prepared.request.body)));
  });

  test.each([
    ['none', {}],
    ['null', { tools: null }],
    ['its own alone', { tools: [entry('mine')], tool_choice: 'auto' }],
    ['something else', { tools: [null, 7, 'sluice:x', { type: 'function' }, { type: 'function', function: null }] }],
  ])('a request with %s passes as it is, and nothing is read for it (I9)', async (_which, body) => {
    const prepared = await prepare(kind, body);
    expect(prepared.request.body).toEqual({ model: 'm', ...body });
    expect(prepared.bodyBytes).toBe(10);
    expect(read).toEqual([]);
  });

  test("null and strict beside the name, which the SDK's types ask for, are left to the registration", async () => {
    const prepared = await prepare(kind, {
      tools: [entry('sluice:get_weather', { parameters: null, strict: true, description: null })],
    });
    expect(prepared.request.body['tools']).toEqual([defined[kind]('get_weather')]);
  });

  test.each([
    ['unknown', 'sluice:none_such'],
    ["another project's", 'sluice:theirs'],
    ["nobody's", 'sluice:nobodys'],
    ['without a name', 'sluice:'],
    ['with a name that none can have', 'sluice:a b'],
    ['with a name that is too long', `sluice:${'a'.repeat(58)}`],
    ['that is called like a member of every object', 'sluice:__proto__'],
  ])('one that is %s is refused in the same words (I5)', async (_which, name) => {
    expect(await refusal(kind, { tools: [entry('mine'), entry(name)] })).toEqual({
      why: 'invalid_request',
      param: `tools[1]${path}name`,
      message: expect.stringContaining('/v1/organization/tools'),
    });
  });

  test('a name that the model would know twice is refused', async () => {
    const clash = { why: 'invalid_request', message: expect.stringContaining('two tools') };
    const named = entry('sluice:get_weather');
    expect(await refusal(kind, { tools: [named, entry('get_weather')] })).toMatchObject({
      ...clash,
      param: `tools[0]${path}name`,
    });
    const custom = { type: 'custom', name: 'get_weather', custom: { name: 'get_weather' } };
    expect(await refusal(kind, { tools: [custom, named] })).toMatchObject({ ...clash, param: `tools[1]${path}name` });
    expect(await refusal(kind, { tools: [named, named] })).toMatchObject({ ...clash, param: `tools[1]${path}name` });
    expect(read).toEqual([]);
  });

  test.each(['description', 'parameters', 'defer_loading'])('%s of the caller is refused', async (member) => {
    const tools = [entry('sluice:get_weather', { [member]: { type: 'object' } })];
    expect(await refusal(kind, { tools })).toMatchObject({ param: `tools[0]${path}${member}` });
  });

  test('more tools than a request can have are refused before any is read', async () => {
    const tools = Array.from({ length: 129 }, (_, index) => entry(`sluice:t${index}`));
    expect(await refusal(kind, { tools })).toMatchObject({ param: 'tools' });
    expect(read).toEqual([]);
  });

  test('more than one choice is refused', async () => {
    expect(await refusal(kind, { n: 2, tools: [entry('sluice:get_weather')] })).toMatchObject({ param: 'n' });
    await expect(prepare(kind, { n: 1, tools: [entry('sluice:get_weather')] })).resolves.toBeDefined();
    await expect(prepare(kind, { n: 2, tools: [entry('mine')] })).resolves.toBeDefined();
  });

  test('a choice that names one is translated, and any other left alone', async () => {
    const tools = [entry('mine'), entry('sluice:get_weather')];
    const chosen = async (tool_choice: unknown) =>
      (await prepare(kind, { tools, tool_choice })).request.body['tool_choice'];
    expect(await chosen(entry('sluice:get_weather'))).toEqual(entry('get_weather'));
    for (const same of [entry('mine'), 'required', 'none', { type: 'file_search' }]) {
      expect(await chosen(same)).toEqual(same);
    }
    expect((await prepare(kind, { tools })).request.body).not.toHaveProperty('tool_choice');
  });

  test('a choice that names one which the request has not is refused', async () => {
    for (const tools of [[entry('mine')], [entry('sluice:look_up')], undefined]) {
      const tool_choice = entry('sluice:get_weather');
      expect(await refusal(kind, { tools, tool_choice })).toMatchObject({ param: 'tool_choice' });
    }
    expect(read).toEqual([]);
  });

  test('chosen for what is allowed, they are translated as well', async () => {
    const tools = [entry('mine'), entry('sluice:get_weather')];
    const allowed = (names: string[]) => {
      const inner = { mode: 'required', tools: names.map((name) => entry(name)) };
      return kind === 'completions'
        ? { type: 'allowed_tools', allowed_tools: inner }
        : { type: 'allowed_tools', ...inner };
    };
    const prepared = await prepare(kind, { tools, tool_choice: allowed(['mine', 'sluice:get_weather']) });
    expect(prepared.request.body['tool_choice']).toEqual(allowed(['mine', 'get_weather']));
    expect(await refusal(kind, { tools, tool_choice: allowed(['sluice:look_up']) })).toMatchObject({
      param: 'tool_choice',
    });
  });
});

test('a choice among the deprecated functions of chat takes its name as well', async () => {
  const body = { functions: [{ name: 'get_weather' }], tools: [chat('sluice:get_weather')] };
  expect(await refusal('completions', body)).toMatchObject({ param: 'tools[0].function.name' });
});

test('calls of other kinds have no tools', async () => {
  const body = { tools: [chat('sluice:none_such')] };
  expect((await prepare('embeddings', body)).request.body).toEqual({ model: 'm', ...body });
});
