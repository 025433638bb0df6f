/** Callers at a steady rate, some of whom leave, before providers that misbehave at random. */
import OpenAI, { APIError } from 'openai';
import { misbehavioursOf } from '../../test/support/misbehaviours.ts';

export type Load = {
  readonly baseURL: string;
  readonly apiKeys: readonly string[];
  readonly perSecond: number;
  readonly untilMs: number;
};

export type Counts = { calls: number; streams: number; left: number; answered: number; failed: Map<string, number> };

const [faultShare, streamShare, leaveShare] = [0.4, 0.7, 0.2];
/** A caller's own bound, so that no call of a minute ago is still under way. */
const longestMs = 30_000;

const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(Math.random() * values.length)] as Value;
const faults = { whole: misbehavioursOf('whole'), stream: misbehavioursOf('stream') };
const behaviour = (kind: keyof typeof faults): string =>
  Math.random() < faultShare ? pick(faults[kind])[0] : 'behaves well';

async function call(client: OpenAI, counts: Counts): Promise<void> {
  const leaving = new AbortController();
  const leaves = Math.random() < leaveShare;
  const bound = setTimeout(() => leaving.abort(), leaves ? Math.random() * 1_000 : longestMs);
  const kind = Math.random() < streamShare ? 'stream' : 'whole';
  const question = {
    model: 'soak',
    messages: [{ role: 'user' as const, content: 'Say hello' }],
    // Above any count by which the provider tells its calls apart.
    max_completion_tokens: 1_000_000,
    user: `first: ${behaviour(kind)}; second: ${behaviour(kind)}`,
  };
  counts.calls += 1;
  try {
    if (kind === 'stream') {
      counts.streams += 1;
      const options = { signal: leaving.signal };
      for await (const _ of await client.chat.completions.create({ ...question, stream: true }, options)) {
        if (leaves && Math.random() < 0.3) leaving.abort();
      }
    } else await client.chat.completions.create(question, { signal: leaving.signal });
    if (leaving.signal.aborted) counts.left += 1;
    else counts.answered += 1;
  } catch (error) {
    if (leaving.signal.aborted) counts.left += 1;
    else {
      const why = error instanceof APIError ? String(error.code ?? error.constructor.name) : String(error);
      counts.failed.set(why, (counts.failed.get(why) ?? 0) + 1);
    }
  } finally {
    clearTimeout(bound);
  }
}

/** Resolves when the last caller has an answer, or has left. The rate does not wait for answers. */
export async function load({ baseURL, apiKeys, perSecond, untilMs }: Load): Promise<Counts> {
  const clients = apiKeys.map((apiKey) => new OpenAI({ baseURL, apiKey, maxRetries: 0 }));
  const counts: Counts = { calls: 0, streams: 0, left: 0, answered: 0, failed: new Map() };
  const underWay = new Set<Promise<void>>();
  while (Date.now() < untilMs) {
    const calling: Promise<void> = call(pick(clients), counts).finally(() => underWay.delete(calling));
    underWay.add(calling);
    await new Promise((resolve) => setTimeout(resolve, 1000 / perSecond));
  }
  await Promise.all(underWay);
  return counts;
}
