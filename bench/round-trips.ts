/** What a request asks of DynamoDB, by kind, in order and in capacity units, seen from between the gateway and both its partners. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDynoxide } from '../infra/local/dynoxide.ts';
import { type Step, startMeteredDatabase } from './metered-database.ts';
import { requestBody } from './script.ts';
import { type DataFolder, newApiKey, newDataFolder, startSluice } from './sluice.ts';
import { startWitness } from './witness.ts';

export const provider = 'provider';

export type RoundTrips = {
  readonly when: string;
  /** Calls of DynamoDB, and `provider` for the call to it. */
  readonly steps: readonly Step[];
};

type Place = { readonly providerURL: string; readonly data: DataFolder; readonly dynamodbEndpoint: string };

async function withGateway<Result>(place: Place, work: (baseURL: string) => Promise<Result>): Promise<Result> {
  const { child, baseURL } = await startSluice(place);
  try {
    return await work(baseURL);
  } finally {
    await child.stop();
  }
}

/** The accounts are settled after the answer: long enough for that. */
const settledMs = 300;

export async function countRoundTrips(providerURL: string): Promise<RoundTrips[]> {
  const seen: Step[] = [];
  const counted: RoundTrips[] = [];
  const data = newDataFolder();
  const dynoxide = await startDynoxide(join(data.path, 'counted.sqlite'));
  const database = await startMeteredDatabase(dynoxide.endpoint, seen);
  const upstream = await startWitness(providerURL, () => seen.push({ name: provider, readUnits: 0, writeUnits: 0 }));
  const place = { providerURL: `${upstream.url}/v1`, data, dynamodbEndpoint: database.url };

  try {
    const limited = await withGateway(place, (baseURL) => newApiKey(baseURL, 'limited'));
    const apiKey = await withGateway(place, newApiKey);
    const ask = async (baseURL: string, when: string, stream: boolean, key = apiKey): Promise<void> => {
      seen.length = 0;
      const answer = await fetch(`${baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: requestBody(stream, { chunks: 8, spacingMs: 1 }),
      });
      await answer.text();
      if (!answer.ok) throw new Error(`The gateway answered with ${answer.status}`);
      await sleep(settledMs);
      counted.push({ when, steps: [...seen] });
    };

    await withGateway(place, async (baseURL) => {
      await ask(baseURL, "cold, whole, the key's first use", false);
      await ask(baseURL, 'warm, whole', false);
      await ask(baseURL, 'warm, streamed', true);
    });
    await withGateway(place, async (baseURL) => {
      await ask(baseURL, 'cold, streamed', true);
      await ask(baseURL, 'first of a project with every limit', true, limited);
      await ask(baseURL, 'warm, streamed, every limit', true, limited);
    });
    return counted;
  } finally {
    await upstream.stop();
    await database.stop();
    await dynoxide.stop();
    data.remove();
  }
}

/** The calls of DynamoDB that came before the provider's. Those of one round trip are on their way together. */
export const callsBefore = ({ steps }: RoundTrips): number => steps.findIndex(({ name }) => name === provider);

export const unitsOf = ({ steps }: RoundTrips) => ({
  read: steps.reduce((sum, { readUnits }) => sum + readUnits, 0),
  write: steps.reduce((sum, { writeUnits }) => sum + writeUnits, 0),
});

/** On demand, us-east-1, in dollars a million units. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
export const listPrices = { read: 0.125, write: 0.625 };

export const dollarsPerMillion = (trips: RoundTrips): number => {
  const { read, write } = unitsOf(trips);
  return read * listPrices.read + write * listPrices.write;
};
