/** The secrets of a gateway on one machine: made once, kept in the data folder, readable by its owner alone. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { peppersSchema } from '../../shared/secrets/environment-secrets.ts';

const secretsSchema = z.object({
  adminKey: z.string().check(z.minLength(32)),
  peppers: peppersSchema,
  /** What the content of the request log is sealed with. Absent in files of before there was one. */
  requestLogKey: z.optional(z.string().check(z.minLength(32))),
});
type StoredSecrets = z.infer<typeof secretsSchema>;
export type LocalSecrets = Omit<StoredSecrets, 'requestLogKey'> & { readonly requestLogKey: string };

export const newSecrets = (): LocalSecrets => ({
  adminKey: `sk-admin-${randomBytes(24).toString('base64url')}`,
  peppers: { '1': randomBytes(48).toString('base64url') },
  requestLogKey: randomBytes(32).toString('base64url'),
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
  const { requestLogKey, ...secrets } = parsed.data;
  return requestLogKey === undefined ? completed(file, secrets) : { ...secrets, requestLogKey };
}

/** The file as it is, or as it is with what it lacks: never half of it. */
function completed(file: string, secrets: Omit<LocalSecrets, 'requestLogKey'>): LocalSecrets {
  const complete = { ...secrets, requestLogKey: newSecrets().requestLogKey };
  writeFileSync(`${file}.part`, JSON.stringify(complete, null, 2), { mode: 0o600 });
  renameSync(`${file}.part`, file);
  return complete;
}

/** Undefined where it is no JSON: the parser's own message would quote the secrets. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
