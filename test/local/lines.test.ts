/** What `npm start` prints of requests, in a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import parse from 'parse-prometheus-text-format';
import { type LocalProcess, startLocal } from '../support/local-process.ts';

let local: LocalProcess;
const start = async (environment: NodeJS.ProcessEnv = {}, args: readonly string[] = []) => {
  local = await startLocal({ SLUICE_DATA: 'memory', ...environment }, args);
};
afterEach(() => local.kill());

const newClient = async (): Promise<OpenAI> => {
  const { baseURL, adminKey } = local;
  const { projects } = new OpenAI({ baseURL, adminAPIKey: adminKey, apiKey: 'unused' }).admin.organization;
  const { id } = await projects.create({ name: 'first' });
  const account = await projects.serviceAccounts.create(id, { name: 'app' });
  return new OpenAI({ baseURL, apiKey: account.api_key?.value ?? '', maxRetries: 0 });
};

/** A line may come a moment after its answer. */
async function lines(enough: (printed: readonly string[]) => boolean): Promise<readonly string[]> {
  for (let tries = 0; tries < 400 && !enough(local.lines()); tries += 1) await sleep(25);
  return local.lines();
}

const said = 'a canary in the prompt';
const messages = [{ role: 'user' as const, content: said }];

test('is a line for each, after the banner, and no word of what was said (I6)', async () => {
  await start();
  const client = await newClient();
  await client.chat.completions.create({ model: 'gpt-5.5', messages });
  for await (const _ of await client.chat.completions.create({ model: 'gpt-5.5', messages, stream: true }));
  await fetch(`${local.baseURL}/v1/chat/completions`, { method: 'POST', body: said });
  const background = await client.responses.create({ model: 'gpt-4o-mini', input: said, background: true });
  expect(background.status).toBe('queued');

  const printed = await lines((all) => all.length === 7);
  expect(local.output).toContain('Sluice is running');
  const clock = /^\d\d:\d\d:\d\d /;
  for (const line of printed) expect(line).toMatch(clock);
  const told = printed.map((line) =>
    line
      .replace(clock, '')
      .replace(/ +/g, ' ')
      .replace(/\d+ ms/, 'ms'),
  );
  // A line comes when all that follows an answer has been done, by when the next may have been answered.
  expect(told.toSorted()).toEqual([
    expect.stringMatching(/^POST \/v1\/chat\/completions gpt-5.5 200 ms \d+ in \d+ out \$0\.\d{6} demo$/),
    expect.stringMatching(/^POST \/v1\/chat\/completions gpt-5.5 200 ms \d+ in \d+ out \$0\.\d{6} demo$/),
    'POST /v1/organization/projects 200 ms',
    'POST /v1/responses gpt-4o-mini 200 ms',
    expect.stringMatching(/^POST \/v1\/responses gpt-4o-mini 200 ms .* \(queue responses\)$/),
    'POST /v1/v1/chat/completions 404 ms unknown_route',
    'POST …cts/{project_id}/service_accounts 200 ms',
  ]);
  expect(printed.join('\n')).not.toContain('canary');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: nothing looks on, so nothing is coloured.
  expect(printed.join('\n')).not.toMatch(/\u001b/);
});

test.each<[string, NodeJS.ProcessEnv, readonly string[]]>([
  ['--silent', {}, ['--silent']],
  ['npm start --silent', { npm_config_loglevel: 'silent' }, []],
  ['SLUICE_SILENT=1', { SLUICE_SILENT: '1' }, []],
])('with %s there is the banner and no line', async (_name, environment, args) => {
  await start(environment, args);
  await newClient();
  await fetch(`${local.baseURL}/health`);
  await sleep(100);
  expect(local.output).toContain('Admin key');
  expect(local.lines()).toEqual([]);
});

test('a scraper with an admin key is told the same in numbers', async () => {
  await start({ SLUICE_SILENT: '1' });
  const client = await newClient();
  await client.chat.completions.create({ model: 'gpt-5.5', messages });
  const headers = { authorization: `Bearer ${local.adminKey}` };
  const response = await fetch(`${local.baseURL}/organization/metrics`, { headers });
  const text = await response.text();
  const families = new Map(parse(text).map(({ name, metrics }) => [name, metrics]));
  expect(families.get('sluice_requests_total')).toContainEqual({
    labels: { route: 'POST /chat/completions', model: 'gpt-5.5', outcome: 'ok', origin: 'caller' },
    value: '1',
  });
  expect(families.get('sluice_queue_messages')?.length).toBeGreaterThan(3);
  expect(families.get('sluice_circuit_open')).toContainEqual({
    labels: { provider: 'demo', model: 'demo' },
    value: '0',
  });
  expect(families.get('sluice_store_readable')?.map(({ value }) => value)).toEqual(['1', '1']);
  expect(families.get('sluice_requests_in_progress')).toEqual([{ value: '1' }]);
  expect(text).not.toContain('canary');
});
