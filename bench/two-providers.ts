/** A `sluice.json` with two providers, for what the gateway does between them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../shared/config/schema.ts';
import { moderationModel } from '../shared/safety/categories.ts';
import { model } from './script.ts';

/** By the name that is asked for: one target; two, in order; two that share the load, and one after them. */
export const models = { plain: model, fallback: 'with-a-fallback', weighted: 'with-weights' } as const;

export type TwoProviders = {
  readonly first: string;
  readonly second: string;
  readonly firstChunkMs?: number;
  readonly resilience?: Config['resilience'];
};

const price = { input: 0.15, output: 0.6 };

const configOf = ({ first, second, firstChunkMs, resilience }: TwoProviders): Config => ({
  providers: {
    first: { kind: 'openai', baseURL: first, ...(firstChunkMs !== undefined && { timeouts: { firstChunkMs } }) },
    second: { kind: 'openai', baseURL: second },
  },
  models: {
    [models.plain]: { targets: [`first/${model}`], price },
    [models.fallback]: { targets: [`first/${model}`, `second/${model}`], price },
    [moderationModel]: { targets: [`first/${moderationModel}`], price: { input: 0, output: 0 } },
    [models.weighted]: { targets: [[`first/${model}`, `second/${model}`], 'second/another'], price },
  },
  ...(resilience && { resilience }),
});

/** The path of the file, in that folder. */
export function writeConfig(folder: string, providers: TwoProviders): string {
  const file = join(folder, 'sluice.json');
  writeFileSync(file, JSON.stringify(configOf(providers)));
  return file;
}
