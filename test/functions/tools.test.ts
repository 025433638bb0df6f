/** /v1/organization/tools, through `client.post` of the official package, which has no such resource. */
import type OpenAI from 'openai';
import { BadRequestError, ConflictError, NotFoundError } from 'openai';
import { rememberedMs } from '../../shared/tools/find-tools.ts';
import { adminKey, oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, completion } from '../support/scripted-provider.ts';

const allowedFunction = 'arn:aws:lambda:eu-central-1:123456789012:function:weather';
const here = scene({}, (baseURL) => ({ ...oneProvider(baseURL), tools: { functions: [allowedFunction] } }));

type ToolObject = { readonly id: string; readonly name: string; readonly secret?: string; readonly created_at: number };
type ToolList = { readonly data: readonly ToolObject[]; readonly has_more: boolean; readonly last_id: string | null };

/** The package sends the admin key to resources that it knows, and the usual key elsewhere. */
const admin = () => here().gateway.withKey(adminKey);
const path = '/organization/tools';
const create = (body: object) => admin().post<ToolObject>(path, { body });
const retrieve = (id: string) => admin().get<ToolObject>(`${path}/${id}`);
const update = (id: string, body: object) => admin().post<ToolObject>(`${path}/${id}`, { body });
const remove = (id: string) => admin().delete<object>(`${path}/${id}`);

const newName = () => `tool_${crypto.randomUUID().slice(0, 8)}`;
const parameters = { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] };
const wish = (changes: object = {}) => ({
  name: newName(),
  description: 'Tells the weather.',
  parameters,
  target: { type: 'webhook', url: 'https://tools.example.com/weather' },
  ...changes,
});

test('a tool is created with a secret that is shown this once, and retrieved without', async () => {
  const wished = wish();
  const { secret, ...created } = await create(wished);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(created).toEqual({
    ...wished,
    id: `tool_${wished.name}`,
    object: 'organization.tool',
    timeout_ms: 10_000,
    projects: null,
    created_at: Math.floor(here().gateway.clock.nowMs / 1000),
  });
  expect(await retrieve(created.id)).toEqual(created);
});

test('every secret is another', async () => {
  const made = await Promise.all(Array.from({ length: 5 }, () => create(wish())));
  expect(new Set(made.map(({ secret }) => secret)).size).toBe(5);
});

test('a name is given once, until its tool is deleted', async () => {
  const name = newName();
  const { id } = await create(wish({ name }));
  await expect(create(wish({ name }))).rejects.toBeInstanceOf(ConflictError);
  expect(await remove(id)).toEqual({ object: 'organization.tool.deleted', id, deleted: true });
  await expect(remove(id)).rejects.toBeInstanceOf(NotFoundError);
  await expect(retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
  await expect(update(id, { description: 'x' })).rejects.toBeInstanceOf(NotFoundError);
  await expect(create(wish({ name }))).resolves.toMatchObject({ id });
});

test('an update changes what it names and leaves the rest', async () => {
  const { secret, ...tool } = await create(wish());
  const { projectId } = here().tenant;
  const changes = { description: 'Better.', timeout_ms: 100, projects: [projectId, projectId] };
  expect(await update(tool.id, changes)).toEqual({ ...tool, ...changes, projects: [projectId] });
  expect(await update(tool.id, { projects: null, target: { type: 'lambda', arn: allowedFunction } })).toEqual({
    ...tool,
    ...changes,
    projects: null,
    target: { type: 'lambda', arn: allowedFunction },
  });
  const before = await retrieve(tool.id);
  expect(await update(tool.id, {})).toEqual(before);
  expect(await update(tool.id, { rotate_secret: false })).toEqual(before);
});

test('a secret is rotated on request, and the new one shown once', async () => {
  const { id, secret } = await create(wish());
  const rotated = await update(id, { rotate_secret: true });
  expect(rotated.secret).toMatch(/^whsec_/);
  expect(rotated.secret).not.toBe(secret);
  expect(await retrieve(id)).not.toHaveProperty('secret');
});

test('a listing goes by name, in pages, and shows no secret', async () => {
  const names = ['a_list', 'b-list', 'c_list'].map((prefix) => `${prefix}${newName()}`);
  for (const name of names.toReversed()) await create(wish({ name }));
  const seen: ToolObject[] = [];
  let after: string | null = null;
  for (;;) {
    const page: ToolList = await admin().get(path, { query: { limit: 2, ...(after && { after }) } });
    seen.push(...page.data);
    after = page.last_id;
    if (!page.has_more) break;
  }
  const all = seen.map(({ name }) => name);
  expect(all.filter((name) => names.includes(name))).toEqual(names);
  expect(seen.filter((tool) => 'secret' in tool)).toEqual([]);
});

test.each([
  ['a name with a space', { name: 'get weather' }, 'name'],
  ['a name with the prefix', { name: 'sluice:x' }, 'name'],
  ['a name that is too long', { name: 'x'.repeat(58) }, 'name'],
  ['no description', { description: '' }, 'description'],
  ['a schema that is none', { parameters: { type: 'object', properties: { a: { type: 'nonsense' } } } }, /^parameters/],
  ['a schema of no object', { parameters: { type: 'array' } }, 'parameters.type'],
  ['a schema that refers elsewhere', { parameters: { type: 'object', $ref: 'https://example.com/s' } }, /^parameters/],
  ['a schema that is too large', { parameters: { type: 'object', description: 'x'.repeat(33_000) } }, 'parameters'],
  ['a target of no type', { target: { url: 'https://tools.example.com' } }, 'target.type'],
  ['a plain webhook', { target: { type: 'webhook', url: 'http://tools.example.com' } }, 'target.url'],
  ['a webhook on this machine', { target: { type: 'webhook', url: 'https://0x7f.1/' } }, 'target.url'],
  ['a webhook at the metadata', { target: { type: 'webhook', url: 'https://169.254.169.254/' } }, 'target.url'],
  ['a function that is none', { target: { type: 'lambda', arn: 'weather' } }, 'target.arn'],
  [
    'a function that the stack does not let it call',
    { target: { type: 'lambda', arn: allowedFunction.replace('weather', 'payroll') } },
    'target.arn',
  ],
  [
    'a function of one machine, elsewhere',
    { target: { type: 'lambda', arn: 'arn:aws:lambda:local:000000000000:function:weather' } },
    'target.arn',
  ],
  ['too little time', { timeout_ms: 99 }, 'timeout_ms'],
  ['too much time', { timeout_ms: 60_001 }, 'timeout_ms'],
  ['a project that does not exist', { projects: ['proj_none'] }, 'projects[0]'],
  ['a secret of its own', { secret: 'whsec_x' }, 'secret'],
])('%s is refused by name, at the creation as at a change', async (_which, changes, param) => {
  const matching = typeof param === 'string' ? param : expect.stringMatching(param);
  await expect(create(wish(changes))).rejects.toMatchObject({ status: 400, param: matching });
  if ('name' in changes) return;
  const { id } = await create(wish());
  await expect(update(id, changes)).rejects.toMatchObject({ status: 400, param: matching });
});

test('what is said of a function says how to allow it', async () => {
  const arn = allowedFunction.replace('weather', 'payroll');
  const error = await create(wish({ target: { type: 'lambda', arn } })).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BadRequestError);
  expect(String(error)).toMatch(/sluice\.json/);
});

test('the address is kept as it will be connected to', async () => {
  const { id } = await create(wish({ target: { type: 'webhook', url: 'HTTPS://Tools.Example.com:443/a/../b' } }));
  expect(await retrieve(id)).toMatchObject({ target: { url: 'https://tools.example.com/b' } });
});

test('a call names it, and the model is told of it under its own name', async () => {
  const { provider, gateway, tenant } = here();
  const { name, id } = await create(wish({ projects: [tenant.projectId] }));
  provider.script = answer(completion('Hello.'));
  const ask = (client: OpenAI) =>
    client.chat.completions.create({
      model: 'test-model',
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [{ type: 'function', function: { name: `sluice:${name}` } }],
    });
  await ask(tenant.client);
  expect(provider.asked.at(-1)?.body['tools']).toEqual([
    { type: 'function', function: { name, description: 'Tells the weather.', parameters } },
  ]);
  const other = await gateway.tenant('other');
  await expect(ask(other.client)).rejects.toMatchObject({ status: 400, param: 'tools[0].function.name' });
  await remove(id);
  gateway.clock.nowMs += rememberedMs;
  await expect(ask(tenant.client)).rejects.toMatchObject({ status: 400, param: 'tools[0].function.name' });
  expect(provider.asked).toHaveLength(1);
});
