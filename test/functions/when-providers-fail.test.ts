/**
 * Every misbehaviour of a provider, whole, before the first chunk of a stream and
 * after it, against everything that may be done about it: asked again, asked
 * elsewhere, answered from the cache past its time, answered with a message. That
 * nothing is done, and the caller hears of it, is misbehaving-providers.test.ts.
 */
import { APIError } from 'openai';
import type { Config } from '../../shared/config/schema.ts';
import type { ProjectResilience } from '../../shared/resilience/project-resilience.ts';
import type { Tenant } from '../support/gateway.ts';
import { type Ending, type MisbehaviourName, misbehaving, misbehavioursOf } from '../support/misbehaviours.ts';
import { holdTo } from '../support/policy.ts';
import { anotherProvider, scene } from '../support/scene.ts';
import type { Script } from '../support/scripted-provider.ts';

const remedies = ['again', 'elsewhere', 'stale', 'message'] as const;
type Remedy = (typeof remedies)[number];
/** Where silence is the matter, there is little time for it. */
const paces = ['patient', 'hasty'] as const;

const backup = anotherProvider();

const price = { input: 1, output: 4 };
const timeouts = { firstChunkMs: 700, idleMs: 700, totalMs: 1_000 };

/** A provider for each remedy, so that what is found out about one stays its own. */
function configured(baseURL: string): Config {
  const each = remedies.flatMap((remedy) => paces.map((pace) => ({ name: `${remedy}-${pace}`, remedy, pace })));
  const providers = each.map(({ name, pace }) => [
    name,
    { kind: 'openai', baseURL, ...(pace === 'hasty' && { timeouts }) },
  ]);
  const models = each.map(({ name, remedy }) => [
    name,
    { targets: [`${name}/a`, ...(remedy === 'elsewhere' ? ['backup/b'] : [])], price, contextWindow: 128_000 },
  ]);
  return {
    providers: { ...Object.fromEntries(providers), backup: { kind: 'openai', baseURL: backup().baseURL } },
    models: Object.fromEntries(models),
    resilience: { attempts: 2, retry: { budgetReserve: 1_000 }, circuit: { failures: 1_000_000 } },
  };
}
const on = scene({}, configured);

const nothing: ProjectResilience = {
  cache: 'off',
  cacheTtlSeconds: null,
  onDisconnect: 'drain',
  fallbackMessage: null,
};
const policies: Partial<Record<Remedy, ProjectResilience>> = {
  stale: { ...nothing, cache: 'on' },
  message: { ...nothing, fallbackMessage: 'Back soon.' },
};

const tenants = new Map<Remedy, Tenant>();
const tenantOf = (remedy: Remedy): Tenant => {
  const tenant = tenants.get(remedy);
  if (!tenant) throw new Error(`no tenant for ${remedy}`);
  return tenant;
};
beforeAll(async () => {
  const { gateway, database } = on();
  for (const remedy of remedies) {
    const tenant = await gateway.tenant(remedy);
    tenants.set(remedy, tenant);
    const resilience = policies[remedy];
    if (resilience) await holdTo(database, tenant.projectId, { resilience });
  }
});

/** Who misbehaves is told by the model that it is asked for; whoever is to be asked again, once for each question. */
function script(name: MisbehaviourName): Script {
  const misbehave = misbehaving(name, {
    used: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
    pauseMs: 1,
    now: () => on().gateway.clock.nowMs,
  });
  const behave = misbehaving('behaves well');
  const before = new Set<unknown>();
  return (response, asked) => {
    const { user } = asked.body;
    const isSecond = before.has(user);
    before.add(user);
    return (isSecond && String(user).startsWith('again') ? behave : misbehave)(response, asked);
  };
}

type Call = 'whole' | 'stream';

/** Who answered in which attempt, or with what it ended. */
async function ask(remedy: Remedy, pace: (typeof paces)[number], call: Call): Promise<string> {
  const body = {
    model: `${remedy}-${pace}`,
    messages: [{ role: 'user' as const, content: 'Hello' }],
    user: `${remedy} ${call}`,
  };
  const { completions } = tenantOf(remedy).client.chat;
  let text = '';
  try {
    const asking = call === 'stream' ? completions.create({ ...body, stream: true }) : completions.create(body);
    const { data, response } = await asking.withResponse();
    if ('choices' in data) text = data.choices[0]?.message.content ?? '';
    else for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
    const { headers } = response;
    if (headers.get('x-sluice-cache') === 'stale') return `stale: ${text}`;
    if (headers.has('x-sluice-fallback')) return `message: ${text}`;
    const by = headers.get('x-sluice-provider') === 'backup' ? 'the other' : 'it';
    return `${by}, attempt ${headers.get('x-sluice-attempts')}: ${text}`;
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return `${text === '' ? '' : 'cut: '}${error.code}`;
  }
}

const said = 'Grüße aus dem 🌍';
const helped = {
  again: `it, attempt 2: ${said}`,
  elsewhere: 'the other, attempt 2: Hello there',
  stale: `stale: ${said}`,
  message: 'message: Back soon.',
};
const all = (what: string) => ({ again: what, elsewhere: what, stale: what, message: what });

function expected(ends: Ending, name: MisbehaviourName, call: Call): Record<Remedy, string> {
  switch (ends) {
    case 'answered':
      return all(`it, attempt 1: ${said}`);
    case 'refused':
      return all('bad_tool');
    case 'cut':
      return all('cut: upstream_error');
    case 'silent midway':
      return all('cut: upstream_idle_timeout');
    // The same credential, money and time are no better for being asked twice.
    case 'credential refused':
      return { ...helped, again: 'upstream_auth' };
    case 'silent':
      return call === 'whole' && name === 'accepts and never answers'
        ? { ...helped, again: 'upstream_timeout' }
        : helped;
    case 'failed':
      if (name === 'answers 429 for want of quota') return { ...helped, again: 'upstream_error' };
      // On a connection that had been kept, it may be the connection that was dead: that is no attempt.
      if (name === 'hangs up' || name === 'resets the connection')
        return { ...helped, again: expect.stringMatching(`^it, attempt [12]: ${said}$`) };
      return helped;
    case 'rate limited':
      return helped;
  }
}

describe.each(['whole', 'stream'] as const)('asked for an answer (%s)', (call) => {
  test.each(misbehavioursOf(call))('a provider that %s', async (name, { ends }) => {
    const { provider, gateway } = on();
    const pace = ends.startsWith('silent') ? 'hasty' : 'patient';
    provider.script = misbehaving('behaves well');
    await ask('stale', pace, call);
    await gateway.idle();
    // What was kept is past its time now, and what was found out about providers, too.
    gateway.clock.nowMs += 2 * 3_600_000;
    provider.script = script(name);
    const outcomes = await Promise.all(remedies.map(async (remedy) => [remedy, await ask(remedy, pace, call)]));
    expect(Object.fromEntries(outcomes)).toEqual(expected(ends, name, call));
    await gateway.idle();
  });
});
