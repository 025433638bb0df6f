/** Counts what requests ask of DynamoDB, from between the gateway and all its partners. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDynoxide } from '../infra/local/dynoxide.ts';
import type { SafetyWishes } from '../shared/safety/policy.ts';
import { type Step, startMeteredDatabase } from './metered-database.ts';
import { type Circumstance, provider, type RoundTrips } from './round-trips.ts';
import { requestBody } from './script.ts';
import { newApiKey, newDataFolder, type SluiceSettings, startSluice } from './sluice.ts';
import { models, writeConfig } from './two-providers.ts';
import { startWitness } from './witness.ts';

/** The accounts are settled after the answer: a silence that is long enough to say that they are. */
const settledMs = 150;

/** An instance looks at the circuits again where its last look is a second old. */
const secondOldMs = 1_100;

const cacheTtlSeconds = 3;

async function withGateway<Result>(
  settings: SluiceSettings,
  work: (baseURL: string) => Promise<Result>,
): Promise<Result> {
  const { child, baseURL } = await startSluice(settings);
  try {
    return await work(baseURL);
  } finally {
    await child.stop();
  }
}

type Asked = {
  readonly when: string;
  readonly circumstance: Circumstance;
  readonly streamed?: boolean;
  readonly apiKey: string;
  readonly model: string;
  readonly headers?: Readonly<Record<string, string>>;
};

async function settled(seen: readonly Step[]): Promise<void> {
  for (let before = -1; before < seen.length; ) {
    before = seen.length;
    await sleep(settledMs);
  }
}

async function send(baseURL: string, { streamed = false, apiKey, model, headers }: Asked): Promise<void> {
  const answer = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
    body: requestBody(streamed, { chunks: 8, spacingMs: 1 }, { model }),
  });
  await answer.text();
  if (!answer.ok) throw new Error(`The gateway answered with ${answer.status}`);
}

/** Moderation is the same provider's, and counted as such: alongside, it is no step of its own. */
const guardedByAll: SafetyWishes = {
  injection: { mode: 'block' },
  moderation: { input: 'block', output: 'block', alongside: true },
  redaction: { input: ['secrets'], output: ['secrets'] },
};

export async function countRoundTrips(providerURL: string): Promise<RoundTrips[]> {
  const seen: Step[] = [];
  const counted: RoundTrips[] = [];
  const data = newDataFolder();
  const dynoxide = await startDynoxide(join(data.path, 'counted.sqlite'));
  const database = await startMeteredDatabase(dynoxide.endpoint, seen);
  const see = () => {
    const atMs = performance.now();
    seen.push({ name: provider, readUnits: 0, writeUnits: 0, startedAtMs: atMs, endedAtMs: atMs });
  };
  const [first, second] = [await startWitness(providerURL, see), await startWitness(providerURL, see)];
  const configFile = writeConfig(data.path, {
    first: `${first.url}/v1`,
    second: `${second.url}/v1`,
    resilience: { cache: { ttlSeconds: cacheTtlSeconds } },
  });
  const settings: SluiceSettings = { provides: { configFile }, data, dynamodbEndpoint: database.url };

  const count = async (baseURL: string, asked: Asked): Promise<void> => {
    seen.length = 0;
    await send(baseURL, asked);
    await settled(seen);
    counted.push({ when: asked.when, circumstance: asked.circumstance, steps: [...seen] });
  };

  try {
    const [limited, resilient] = await withGateway(settings, async (baseURL) => [
      await newApiKey(baseURL, 'limited'),
      await newApiKey(baseURL, 'resilient'),
    ]);
    const [apiKey, guarded] = await withGateway(settings, async (baseURL) => [
      await newApiKey(baseURL),
      await newApiKey(baseURL, 'unlimited', guardedByAll),
    ]);

    await withGateway(settings, async (baseURL) => {
      const plain: Asked = { when: 'warm, whole', circumstance: 'plain', apiKey, model: models.plain };
      /** The project and the circuits have just been looked at. */
      const lookedAt = async (key: string): Promise<void> => {
        await sleep(secondOldMs);
        await send(baseURL, { ...plain, apiKey: key });
        await settled(seen);
      };
      const warm = async (asked: Asked): Promise<void> => {
        await lookedAt(asked.apiKey);
        await count(baseURL, asked);
      };
      const healthy: Asked = { ...plain, circumstance: 'healthy' };
      const chosen: Asked = { ...plain, circumstance: 'chosen' };
      const failing: Asked = { ...plain, circumstance: 'failing', model: models.fallback };
      const keyed = { headers: { 'idempotency-key': 'one-of-the-benchmark' } };
      const cached = { model: models.fallback, headers: { 'x-sluice-cache': 'on' } };

      await count(baseURL, { ...plain, when: "cold, whole, the key's first use", circumstance: 'cold' });
      await warm(plain);
      await warm({ ...plain, when: 'warm, streamed', streamed: true });
      await warm({ ...healthy, when: 'warm, a target to fall back on', model: models.fallback });
      await warm({ ...healthy, when: 'warm, targets with weights', model: models.weighted });
      await warm({ ...healthy, when: "warm, a project's resilience policy", apiKey: resilient });
      await warm({ ...healthy, when: 'warm, every guardrail', apiKey: guarded });
      await sleep(secondOldMs);
      await count(baseURL, { ...plain, when: 'warm, a second after the last look', circumstance: 'look' });
      await warm({ ...chosen, ...keyed, when: 'warm, an `Idempotency-Key`' });
      await warm({ ...chosen, ...keyed, when: 'the same `Idempotency-Key` again' });
      await warm({ ...chosen, ...cached, when: 'warm, `x-sluice-cache: on`, a miss' });
      await count(baseURL, { ...chosen, ...cached, when: '`x-sluice-cache: on`, a hit' });

      await lookedAt(apiKey);
      first.fails = true;
      await count(baseURL, { ...failing, when: 'the first provider fails, the second answers' });
      await sleep(cacheTtlSeconds * 1_000);
      second.fails = true;
      await count(baseURL, { ...failing, ...cached, when: 'both fail, the cache stands in' });
      first.fails = false;
      second.fails = false;
    });
    await withGateway(settings, async (baseURL) => {
      const streamed: Asked = {
        when: 'cold, streamed',
        circumstance: 'cold',
        streamed: true,
        apiKey,
        model: models.plain,
      };
      await count(baseURL, streamed);
      await count(baseURL, { ...streamed, when: 'first of a project with every limit', apiKey: limited });
      await count(baseURL, {
        ...streamed,
        when: 'warm, streamed, every limit',
        circumstance: 'plain',
        apiKey: limited,
      });
    });
    return counted;
  } finally {
    await second.stop();
    await first.stop();
    await database.stop();
    await dynoxide.stop();
    data.remove();
  }
}
