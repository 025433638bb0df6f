/** I6: what guardrails find is in no log, no metric, no trace and no error; where it is kept, it is kept encrypted. */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { SafetyWishes } from '../../shared/safety/policy.ts';
import { baseURL } from '../support/gateway.ts';
import {
  attack,
  canarySecret,
  moderated,
  setPolicy,
  tenantWith,
  unsafeText,
  unsafeWord,
} from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { saying } from '../support/scripted-provider.ts';
import { lookedAtClosely, servedDaemon, tracedBy } from '../support/xray-daemon.ts';

const daemon = servedDaemon();
const given = scene({ environment: lookedAtClosely, override: (root) => tracedBy(daemon(), root) });
const email = 'ada.lovelace.canary@example.com';
const canaries = [canarySecret, email, unsafeWord, attack];
const content = [attack, unsafeText, canarySecret, email].join('\n');

const policies: readonly SafetyWishes[] = [
  {
    injection: { mode: 'flag' },
    moderation: { input: 'flag', output: 'flag' },
    redaction: { input: ['secrets', 'email'], output: ['secrets'] },
  },
  { injection: { mode: 'block' } },
  { injection: { mode: 'sanitize' }, moderation: { input: 'block' } },
  { moderation: { input: 'block', output: 'block', alongside: true }, retry_safely: 1 },
  { moderation: { output: 'block' }, redaction: { input: ['secrets'], restore: true } },
  { moderation: { input: 'block', timeout_ms: 50 } },
];

const generations = [
  ['/chat/completions', { messages: [{ role: 'user', content }] }],
  // What is to be stored is, in tables of its own: test/security/canaries-of-runs.test.ts.
  ['/responses', { input: content, metadata: { secret: canarySecret }, store: false }],
] as const;

async function callAll(wishes: SafetyWishes): Promise<string[]> {
  const { gateway } = given();
  const { key } = await tenantWith(gateway, wishes);
  const errors: string[] = [];
  for (const [path, asked] of generations) {
    for (const streamed of [false, true]) {
      const response = await gateway.fetch(`${baseURL}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'test-model', ...asked, stream: streamed }),
      });
      const text = await response.text();
      if (response.status !== 200) errors.push(text);
    }
  }
  await gateway.idle();
  return errors;
}

const says = moderated(saying(...content.split(/(?<= )/)));

async function stored(): Promise<string> {
  const { database } = given();
  const dumps = await Promise.all(
    Object.values(database.names).map((TableName) => database.db.send(new ScanCommand({ TableName }))),
  );
  return JSON.stringify(dumps.map(({ Items }) => Items));
}

test.each(policies)('%j', async (wishes) => {
  const { gateway, provider } = given();
  provider.script = says;
  const errors = await callAll(wishes);
  expect(gateway.logs.some(({ level }) => level === 'debug')).toBe(true);
  await daemon().quiet();
  expect(daemon().datagrams.length).toBeGreaterThan(0);
  const told = JSON.stringify([gateway.logs, gateway.metrics, gateway.events, daemon().datagrams, errors]);
  for (const canary of canaries) expect(told).not.toContain(canary);
  const dump = await stored();
  for (const canary of canaries) expect(dump).not.toContain(canary);
});

test('kept content is readable for nobody who has the table alone', async () => {
  const { gateway, provider } = given();
  provider.script = says;
  const { key, projectId } = await tenantWith(gateway, { injection: { mode: 'flag' }, log_content: true });
  await setPolicy(gateway, projectId, { log_content: true });
  await gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content }] }),
  });
  await gateway.idle();
  const dump = await stored();
  for (const canary of canaries) expect(dump).not.toContain(canary);
});
