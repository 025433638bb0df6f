/** What a request asks of DynamoDB, by kind and in order, seen from between the gateway and both its partners. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDynoxide } from '../infra/local/dynoxide.ts';
import { requestBody } from './script.ts';
import { type DataFolder, newApiKey, newDataFolder, startSluice } from './sluice.ts';
import { startWitness } from './witness.ts';

export const provider = 'provider';

export type RoundTrips = {
  readonly when: string;
  /** Operations of DynamoDB, and `provider` for the call to it. */
  readonly steps: readonly string[];
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
  const seen: string[] = [];
  const counted: RoundTrips[] = [];
  const data = newDataFolder();
  const dynoxide = await startDynoxide(join(data.path, 'counted.sqlite'));
  const database = await startWitness(dynoxide.endpoint, seen, (headers) =>
    String(headers['x-amz-target']).replace(/^.*\./, ''),
  );
  const upstream = await startWitness(providerURL, seen, () => provider);
  const place = { providerURL: `${upstream.url}/v1`, data, dynamodbEndpoint: database.url };

  try {
    const apiKey = await withGateway(place, newApiKey);
    const ask = async (baseURL: string, when: string, stream: boolean): Promise<void> => {
      seen.length = 0;
      const answer = await fetch(`${baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
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
    await withGateway(place, (baseURL) => ask(baseURL, 'cold, streamed', true));
    return counted;
  } finally {
    await upstream.stop();
    await database.stop();
    await dynoxide.stop();
    data.remove();
  }
}

/** How many calls of DynamoDB came before the provider's. */
export const callsBefore = ({ steps }: RoundTrips): number => steps.indexOf(provider);
