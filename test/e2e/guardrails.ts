/** Guardrails of a project, deployed: what is refused, what is taken out, and what is written down. */
import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import { BadRequestError } from 'openai';
import { attack, canarySecret, isModeration, moderated, unsafeText } from '../support/safety-scene.ts';
import { answer, completion, type ScriptedProvider, wellBehaved } from '../support/scripted-provider.ts';
import type { Clients } from './clients.ts';
import { chat } from './model-plane.ts';
import type { Report } from './report.ts';

type Violations = { readonly data: readonly { readonly action: string; readonly guardrail: string }[] };

const saying = (content: string) => ({ ...chat, messages: [{ role: 'user' as const, content }] });

async function codeOf(call: PromiseLike<unknown>): Promise<unknown> {
  const error = await call.then(
    () => assert.fail('the call went through'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BadRequestError, String(error));
  return error.code;
}

export async function guard(
  report: Report,
  clients: Clients,
  admin: OpenAI,
  provider: ScriptedProvider,
): Promise<void> {
  const { projects } = admin.admin.organization;
  const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
  const project = await projects.create({ name: 'guarded' });
  const path = `/organization/projects/${project.id}`;
  const policy = {
    injection: { mode: 'block' },
    moderation: { input: 'block', output: 'block', alongside: false },
    redaction: { input: ['secrets'] },
    retry_safely: 0,
  };
  await report.check('safety policy: update, retrieve', async () => {
    const updated = await admin.post<object>(`${path}/safety_policy`, { body: policy, headers });
    assert.deepEqual(await admin.get(`${path}/safety_policy`, { headers }), updated);
  });
  const account = await projects.serviceAccounts.create(project.id, { name: 'guarded' });
  const app = clients.with({ apiKey: account.api_key?.value ?? '' });
  const asked = () => provider.asked.filter((one) => !isModeration(one));

  provider.script = moderated();
  await report.check('an injection is refused, and no model asked', async () => {
    const before = asked().length;
    assert.equal(await codeOf(app.chat.completions.create(saying(attack))), 'prompt_injection');
    assert.equal(asked().length, before);
  });
  await report.check('what moderation finds is refused', async () => {
    assert.equal(await codeOf(app.chat.completions.create(saying(unsafeText))), 'content_policy_violation');
  });
  await report.check('a secret is taken out before it leaves', async () => {
    const { response } = await app.chat.completions.create(saying(`It is ${canarySecret}.`)).withResponse();
    assert.equal(response.headers.get('x-sluice-safety'), 'redacted');
    assert.ok(!JSON.stringify(provider.asked).includes(canarySecret));
  });
  await report.check('an unsafe answer is withheld', async () => {
    provider.script = moderated(answer(completion(unsafeText)));
    const { choices } = await app.chat.completions.create(saying('A story'));
    assert.equal(choices[0]?.finish_reason, 'content_filter');
    assert.ok(!JSON.stringify(choices).includes(unsafeText));
  });
  provider.script = wellBehaved;
  await report.check('violations: list, report', async () => {
    const { data } = await admin.get<Violations>(`${path}/violations`, { headers });
    const kinds = new Set(data.map(({ guardrail, action }) => `${guardrail} ${action}`));
    assert.deepEqual([...kinds].sort(), ['injection blocked', 'moderation blocked', 'redaction redacted']);
    const counted = await admin.get<{ total_violations: number }>(`${path}/violations/report`, { headers });
    assert.equal(counted.total_violations, data.length);
  });
  await projects.archive(project.id);
}
