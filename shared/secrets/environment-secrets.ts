/** On one machine: the secrets are in the environment. */
import * as z from 'zod/mini';
import type { Environment } from '../environment.ts';
import type { Secrets } from './secrets.ts';

export const peppersSchema = z
  .record(z.string().check(z.regex(/^\d+$/)), z.string().check(z.minLength(32)))
  .check(z.refine((peppers) => Object.keys(peppers).length > 0, 'must have at least one version'));

const required = (value: string | undefined, variable: string): string => {
  if (value === undefined)
    throw new Error(`${variable} is not set. npm start sets it; on AWS the stack names a secret instead.`);
  return value;
};

export const environmentSecrets = ({ adminKey, peppers, variable }: Environment): Secrets => ({
  adminKey: async () => required(adminKey, 'SLUICE_ADMIN_KEY'),
  peppers: async () => peppersSchema.parse(JSON.parse(required(peppers, 'SLUICE_PEPPERS'))),
  providerKey: async (name) => variable(name),
});
