/** What the Files API reads. */
import * as z from 'zod/mini';
import { cursor, wholeNumber } from '../http/page.ts';
import { filePurposes } from './file.ts';

/** A page holds fewer where more are asked for: an answer of 10,000 files would not fit through a function. */
export const largestPage = 1_000;

export const fileListSchema = z.strictObject({
  purpose: z.optional(z.enum(filePurposes)),
  limit: z._default(wholeNumber(1, 10_000), 10_000),
  order: z._default(z.enum(['asc', 'desc']), 'desc'),
  after: z.optional(cursor),
});
