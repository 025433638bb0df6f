/**
 * A provider dies, and another time hangs, under a steady load on several gateways
 * that share nothing but their database, and on Portkey beside them.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDynoxide } from '../infra/local/dynoxide.ts';
import { baseURLOf, startOwn } from './child.ts';
import { type MortalProvider, startMortalProvider } from './mortal-provider.ts';
import { type OutageFinding, type OutageKind, outageFinding, type Reading, together } from './outage-findings.ts';
import { type InstalledPortkey, portkeyFallback, portkeyTarget, startPortkey } from './portkey.ts';
import { requestBody } from './script.ts';
import { newApiKey, newDataFolder, startSluice } from './sluice.ts';
import { type Door, type Seen, startSteadyLoad } from './steady-load.ts';
import { models, writeConfig } from './two-providers.ts';

export const instances = 3;
/** Of each instance. */
export const requestEveryMs = 50;
export const openSeconds = 2;
/** Until a provider that says nothing is given up. */
export const patienceMs = 500;

const warmUpMs = 1_500;
/** Long enough for two probes. */
export const goneMs = 5_000;
/** The next probe comes within `openSeconds`, and the other instances look within a second. */
const returnMs = (openSeconds + 1.5) * 1_000;

type Contender = {
  readonly through: string;
  /** The provider that is asked first. */
  readonly first: MortalProvider;
  readonly doors: readonly Door[];
  read(kind: OutageKind, one: Seen): Reading;
};

const bodyOf = (kind: OutageKind): string =>
  // The wait for a provider that hangs is for a stream's first chunk.
  requestBody(kind === 'hanging', { chunks: 1, spacingMs: 0 }, { model: models.fallback });
const json = { 'content-type': 'application/json' };

const readSluice = (_: OutageKind, { headers }: Seen): Reading => {
  const by = headers['x-sluice-provider'];
  if (by !== 'first' && by !== 'second') return { by: 'nobody', triedFirst: true };
  return { by, triedFirst: by === 'first' || Number(headers['x-sluice-attempts']) > 1 };
};

/** It tells who has answered, and not who was asked before: that is seen at the grave, and by the time it took. */
const readPortkey =
  (first: MortalProvider) =>
  (kind: OutageKind, { headers, sentAtMs, endedAtMs }: Seen): Reading => {
    const by = (['first', 'second'] as const)[portkeyTarget(headers) ?? 2] ?? 'nobody';
    const waited = kind === 'hanging' ? endedAtMs - sentAtMs >= patienceMs : first.wasTried(sentAtMs, endedAtMs);
    return { by, triedFirst: by !== 'second' || waited };
  };

async function suffer(kind: OutageKind, contenders: readonly Contender[]): Promise<OutageFinding[]> {
  const body = bodyOf(kind);
  const under = contenders.map((contender) => ({
    ...contender,
    loads: contender.doors.map((door) => startSteadyLoad(door, body)),
  }));
  await sleep(warmUpMs);
  const beganAtMs = performance.now();
  await Promise.all(under.map(({ first }) => (kind === 'killed' ? first.kill() : first.freeze())));
  await sleep(goneMs);
  await Promise.all(under.map(({ first }) => (kind === 'killed' ? first.revive() : first.thaw())));
  const outage = { kind, beganAtMs, endedAtMs: performance.now() };
  await sleep(returnMs);
  await Promise.all(under.flatMap(({ loads }) => loads.map((load) => load.stop())));
  return under.flatMap(({ through, loads, read }) => {
    const each = loads.map(({ seen }, index) =>
      outageFinding(`${through}, instance ${index + 1}`, seen, outage, (one) => read(kind, one)),
    );
    return each.length === 1 ? [together(through, kind, each)] : [...each, together(`${through}, all`, kind, each)];
  });
}

export async function outages(installed: InstalledPortkey): Promise<OutageFinding[]> {
  const undo: (() => void | Promise<void>)[] = [];
  try {
    const data = newDataFolder();
    undo.push(() => data.remove());
    const dynoxide = await startDynoxide(join(data.path, 'shared.sqlite'));
    undo.push(() => dynoxide.stop());
    const second = await startOwn('scripted-provider.ts');
    undo.push(() => second.stop());
    const [ours, portkeys] = [await startMortalProvider(), await startMortalProvider()];
    undo.push(
      () => portkeys.stop(),
      () => ours.stop(),
    );

    const configFile = writeConfig(data.path, {
      first: ours.baseURL,
      second: baseURLOf(second),
      firstChunkMs: patienceMs,
      resilience: { circuit: { openSeconds } },
    });
    const baseURLs: string[] = [];
    while (baseURLs.length < instances) {
      const settings = { provides: { configFile }, data, dynamodbEndpoint: dynoxide.endpoint };
      const { child, baseURL } = await startSluice(settings);
      undo.push(() => child.stop());
      baseURLs.push(baseURL);
    }
    const authorization = `Bearer ${await newApiKey(baseURLs[0] ?? '')}`;
    const portkey = await startPortkey(installed);
    undo.push(() => portkey.child.stop());

    const contenders: readonly Contender[] = [
      {
        through: 'Sluice',
        first: ours,
        doors: baseURLs.map((baseURL) => ({ baseURL, headers: { ...json, authorization }, everyMs: requestEveryMs })),
        read: readSluice,
      },
      {
        through: 'Portkey',
        first: portkeys,
        doors: [
          {
            baseURL: portkey.baseURL,
            headers: { ...json, ...portkeyFallback([portkeys.baseURL, baseURLOf(second)], patienceMs) },
            everyMs: requestEveryMs / instances,
          },
        ],
        read: readPortkey(portkeys),
      },
    ];
    return [...(await suffer('killed', contenders)), ...(await suffer('hanging', contenders))];
  } finally {
    for (const step of undo.reverse()) await step();
  }
}
