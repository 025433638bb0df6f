/** What each feature costs while every provider is well: one gateway, asked in turn for the same answer in different ways. */
import { randomUUID } from 'node:crypto';
import { entityKinds } from '../shared/redaction/entity.ts';
import type { SafetyWishes } from '../shared/safety/policy.ts';
import shipped from '../sluice.json' with { type: 'json' };
import type { Contender } from './contenders.ts';
import { type LoadResult, load } from './load.ts';
import { descendant } from './process-cpu.ts';
import { requestBody } from './script.ts';
import { newApiKey, newDataFolder, startSluice } from './sluice.ts';
import { median, percentile } from './statistics.ts';
import { models, writeConfig } from './two-providers.ts';

export type FeatureCost = {
  readonly feature: string;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly cpuMs: number;
  readonly databaseCpuMs: number;
};

type Way = {
  readonly feature: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  /** With a project of its own. */
  readonly safety?: SafetyWishes;
  /** The load's word for an id of each request's own. */
  readonly prompt?: string;
};

const eachItsOwn = '[<id>]';

/** What they cost that look at every text in the process; and the wait for a provider that answers at once. */
const guardrails: Readonly<Record<string, SafetyWishes>> = {
  'guardrail: injection, block': { injection: { mode: 'block' } },
  'guardrail: redaction of secrets, both ways': { redaction: { input: ['secrets'], output: ['secrets'] } },
  'guardrail: redaction of everything, both ways': { redaction: { input: [...entityKinds], output: [...entityKinds] } },
  'guardrail: moderation of the input, before': { moderation: { input: 'block' } },
  'guardrail: moderation of the input, alongside': { moderation: { input: 'block', alongside: true } },
  'guardrail: moderation of the answer': { moderation: { output: 'block' } },
  'guardrails as shipped': shipped.defaults.safety as SafetyWishes,
};

const ways = (): readonly Way[] => [
  { feature: 'one target', model: models.plain, headers: {} },
  { feature: 'targets to fall back on', model: models.fallback, headers: {} },
  { feature: 'weights, and a target to fall back on', model: models.weighted, headers: {} },
  { feature: 'an `Idempotency-Key`', model: models.plain, headers: { 'idempotency-key': eachItsOwn } },
  { feature: 'cache, a miss', model: models.plain, headers: { 'x-sluice-cache': 'on' }, prompt: eachItsOwn },
  ...Object.entries(guardrails).map(([feature, safety]) => ({
    feature,
    model: models.plain,
    headers: {},
    safety,
    // Moderation remembers what it has been asked.
    prompt: eachItsOwn,
  })),
  { feature: 'cache, a hit', model: models.plain, headers: { 'x-sluice-cache': 'on' }, prompt: randomUUID() },
];

export const featureConnections = 16;

export async function featureCosts(
  providerURL: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<FeatureCost[]> {
  const data = newDataFolder();
  try {
    const configFile = writeConfig(data.path, { first: providerURL, second: providerURL });
    const { child, baseURL } = await startSluice({ provides: { configFile }, data });
    try {
      const headers = { 'content-type': 'application/json' };
      const keys = await Promise.all(ways().map(({ safety }) => newApiKey(baseURL, 'unlimited', safety)));
      const databasePid = descendant(child.pid, 'dynoxide');
      const gateway = {
        name: 'sluice',
        baseURL,
        pid: child.pid,
        ...(databasePid !== undefined && { databasePid }),
      } as const;
      return await inTurn({ ...gateway, headers }, keys, rounds, seconds);
    } finally {
      await child.stop();
    }
  } finally {
    data.remove();
  }
}

/** The first round warms everything up, and fills the cache; it is not counted. Each begins with another, so that none is always the first. */
async function inTurn(
  gateway: Contender,
  keys: readonly string[],
  rounds: number,
  seconds: number,
): Promise<FeatureCost[]> {
  const all = ways().map((way, index) => ({
    way,
    authorization: `Bearer ${keys[index]}`,
    results: [] as LoadResult[],
  }));
  for (let round = 0; round <= rounds; round++) {
    const begin = round % all.length;
    for (const { way, authorization, results } of [...all.slice(begin), ...all.slice(0, begin)]) {
      const contender = { ...gateway, headers: { ...gateway.headers, authorization, ...way.headers } };
      const body = requestBody(false, { chunks: 1, spacingMs: 0 }, way);
      const result = await load(contender, { body, connections: featureConnections, seconds });
      if (round > 0) results.push(result);
    }
  }
  return all.map(({ way: { feature }, results }) => {
    const over = (figure: (result: LoadResult) => number) => median(results.map(figure));
    return {
      feature,
      requestsPerSecond: over(({ requestsPerSecond }) => requestsPerSecond),
      p50Ms: over(({ latenciesMs }) => percentile(latenciesMs, 0.5)),
      cpuMs: over(({ cpuMsPerRequest = Number.NaN }) => cpuMsPerRequest),
      databaseCpuMs: over(({ databaseCpuMsPerRequest = Number.NaN }) => databaseCpuMsPerRequest),
    };
  });
}
