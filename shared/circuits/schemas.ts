/** What the control plane reads of requests about circuits. */
import * as z from 'zod/mini';
import { cursor, pageQuery } from '../http/page.ts';

export const circuitListSchema = z.strictObject({
  ...pageQuery,
  before: z.optional(cursor),
  order: z._default(z.enum(['asc', 'desc']), 'asc'),
});
