/** With a request log, too, what was said is nowhere but where its project wants it, and a key is nowhere at all (THREATS 11, I6). */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { adminKey } from '../support/gateway.ts';
import { inboxFiles, logFiles, logged, loggedTenant } from '../support/request-logs.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, spoken, stream } from '../support/scripted-provider.ts';
import { canaries, environment, expectNone, impatient, secretsOf } from './support/canaries.ts';
import { askWithCanaries, mistakes, providerFailures, streamFailures, succeeding } from './support/failures.ts';
import { bearer, routeCalled, send } from './support/send.ts';

const here = scene({ environment }, impatient);

/** Everything but the log's own files, which are looked at by themselves. */
async function everywhereElse(): Promise<string> {
  const { database, gateway } = here();
  const { usage, admission, circuits, auditLogs, violations } = database.names;
  const places = [usage, admission, circuits, auditLogs, violations, database.queueTable];
  const scans = await Promise.all(places.map((TableName) => database.db.send(new ScanCommand({ TableName }))));
  const rows = scans.map(({ Items }) => Items);
  return JSON.stringify([gateway.logs, gateway.metrics, gateway.events, rows, [...inboxFiles(here())]]);
}

/** Half of what goes wrong: canaries.test.ts has all of it. */
async function askAbout(isStream: boolean): Promise<void> {
  const { gateway, tenant } = here();
  const failures = providerFailures.filter(([name]) => /400|500|rate|garbage|hangs/.test(name));
  for (const [, script] of failures) await askWithCanaries(here(), script, isStream);
  if (isStream) for (const [, script] of streamFailures) await askWithCanaries(here(), script, true);
  for (const [name, script] of succeeding) {
    if (name.startsWith('streams') === isStream) await askWithCanaries(here(), script, isStream);
  }
  for (const [, body, headers = {}] of mistakes()) {
    await send(gateway, routeCalled('createChatCompletion'), { headers: { ...bearer(tenant.key), ...headers }, body });
  }
  await gateway.idle();
}

const policyPath = () => `/organization/projects/${here().tenant.projectId}/request_log_policy`;
async function setMode(mode: string): Promise<void> {
  const { gateway } = here();
  await gateway.withKey(adminKey).post(policyPath(), { body: { mode } });
  // A policy holds once the instance has forgotten the key that it came with.
  gateway.clock.nowMs += 60_000;
}

describe.each(['off', 'metadata', 'content'])('%s', (mode) => {
  test.each([false, true])('streamed %p', async (isStream) => {
    const before = new Set((await logged(here())).map(({ id }) => id));
    await setMode(mode);
    await askAbout(isStream);
    // On its way: in the queue and in the inbox.
    expectNone(await everywhereElse(), secretsOf(here()));
    const lines = (await logged(here(), here().tenant.projectId)).filter(({ id }) => !before.has(id));
    // And where it has come to.
    expectNone([...logFiles(here()).values()].join('\n'), secretsOf(here()));
    expectNone(await everywhereElse(), secretsOf(here()));
    expect(lines.length > 5).toBe(mode !== 'off');
    const opened = JSON.stringify(lines);
    expect(opened.includes(canaries.prompt)).toBe(mode === 'content');
    // What opens it shows no key and no header even so.
    expectNone(opened, [here().tenant.key, adminKey, canaries.header, canaries.path]);
    if (mode !== 'content') expectNone(opened, Object.values(canaries));
  });
});

test('what is put aside as dead letters says nothing either', async () => {
  const { database, gateway } = here();
  await setMode('content');
  await askAbout(false);
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.queueTable }));
  expect(Items.length).toBeGreaterThan(5);
  expectNone(JSON.stringify(Items), secretsOf(here()));
  await logged(here());
  expect(gateway.events).not.toContain('RequestLogLost');
});

const personal = {
  email: 'ada.lovelace@example.org',
  secret: 'sk-proj-Zq8vN3xR7tLmW2yK5cPdJ9hFbG4sA1uEoX6iTnVr',
  phone: '+44 20 7946 0958',
  card: '4111 1111 1111 1111',
};

test.each([false, true])(
  'streamed %p: an address, a key, a number and a card are not there even for who has the key',
  async (isStream) => {
    const { gateway, provider } = here();
    const tenant = await loggedTenant(here(), { mode: 'content' });
    const text = `Mail ${personal.email}, call ${personal.phone}, pay with ${personal.card}, open with ${personal.secret} please`;
    const pieces = text.match(/.{1,3}/g) ?? [];
    provider.script = isStream ? stream(spoken(pieces)) : answer(completion(text));
    await send(gateway, routeCalled('createChatCompletion'), {
      headers: bearer(tenant.key),
      body: JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content: text }], stream: isStream }),
    });
    const opened = JSON.stringify(await logged(here(), tenant.projectId));
    expect(opened.match(/please/g)).toHaveLength(2);
    for (const label of ['EMAIL', 'PHONE', 'CARD', 'SECRET'])
      expect(opened.match(new RegExp(`\\[${label}_1\\]`, 'g'))).toHaveLength(2);
    for (const word of [...Object.values(personal), 'lovelace', '7946', '1111', 'Zq8vN3xR'])
      expect(opened).not.toContain(word);
  },
);
