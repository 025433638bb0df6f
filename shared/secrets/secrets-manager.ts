/** On AWS: Secrets Manager, each secret fetched once per instance and kept. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { orRefuse } from '../dynamo/outage.ts';
import type { Environment } from '../environment.ts';
import { peppersSchema } from './environment-secrets.ts';
import type { Secrets } from './secrets.ts';

const adminKeySchema = z.object({ adminKey: z.string().check(z.minLength(32)) });
const providerKeysSchema = z.record(z.string(), z.string());

export function secretsManagerSecrets({ aws, secretIds }: Environment): Secrets {
  const client = new SecretsManagerClient({ region: aws.region, credentials: aws.credentials });
  const kept = new Map<string, Promise<unknown>>();

  async function fetch(id: string): Promise<unknown> {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    return JSON.parse(SecretString ?? 'null');
  }

  /** Concurrent callers share one fetch; a failed one is not kept. */
  function read(id: string | undefined, refresh: boolean): Promise<unknown> {
    if (id === undefined) throw new Error('This function has not been given the secret it reads; see its routes.');
    const existing = refresh ? undefined : kept.get(id);
    if (existing) return existing;
    const fetched = orRefuse(fetch(id));
    kept.set(id, fetched);
    fetched.catch(() => kept.delete(id));
    return fetched;
  }

  return {
    adminKey: async () => adminKeySchema.parse(await read(secretIds.adminKey, false)).adminKey,
    peppers: async () => peppersSchema.parse(await read(secretIds.pepper, false)),
    async providerKey(name, refresh) {
      const key = async (anew: boolean) => providerKeysSchema.parse(await read(secretIds.providerKeys, anew))[name];
      // The stack makes the secret empty: what is missing may have been filled in since this instance read it.
      return (await key(refresh)) || (refresh ? undefined : (await key(true)) || undefined);
    },
  };
}
