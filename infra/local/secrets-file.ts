/** The secrets of a gateway on one machine: made once, kept in the data folder, readable by its owner alone. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { peppersSchema } from '../../shared/secrets/environment-secrets.ts';

const secretsSchema = z.object({ adminKey: z.string().check(z.minLength(32)), peppers: peppersSchema });
export type LocalSecrets = z.infer<typeof secretsSchema>;

export const newSecrets = (): LocalSecrets => ({
  adminKey: `sk-admin-${randomBytes(24).toString('base64url')}`,
  peppers: { '1': randomBytes(48).toString('base64url') },
});

/** Those of the folder, or new ones. Losing them would make every stored key worthless, so a damaged file is an error. */
export function loadSecrets(folder: string): LocalSecrets {
  const file = join(folder, 'secrets.json');
  mkdirSync(folder, { recursive: true });
  try {
    const fresh = newSecrets();
    // `wx` fails where the file exists: of two gateways that start at once, one makes the secrets.
    writeFileSync(file, JSON.stringify(fresh, null, 2), { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if (!existsSync(file)) throw error;
  }
  const parsed = secretsSchema.safeParse(parsedJson(readFileSync(file, 'utf8')));
  if (!parsed.success)
    throw new Error(`${file} is damaged. Restore it, or delete the folder to begin anew without its keys.`);
  return parsed.data;
}

/** Undefined where it is no JSON: the parser's own message would quote the secrets. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
