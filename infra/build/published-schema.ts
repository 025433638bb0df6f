/** `sluice.schema.json`: the configuration's schema for editors, from the one that start and synth check with. */
import * as z from 'zod/mini';
import { configSchema } from '../../shared/config/schema.ts';

export const publishedSchema = (): string => {
  const schema = { title: 'sluice.json', ...z.toJSONSchema(configSchema, { io: 'input' }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
};
