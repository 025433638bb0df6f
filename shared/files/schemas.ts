/** What the Files API reads. */
import * as z from 'zod/mini';
import { cursor, wholeNumber } from '../http/page.ts';
import { filePurposes } from './file.ts';
import { lifetimeSeconds } from './lifetime.ts';

/** A page holds fewer where more are asked for: an answer of 10,000 files would not fit through a function. */
export const largestPage = 1_000;

export const fileListSchema = z.strictObject({
  purpose: z.optional(z.enum(filePurposes)),
  limit: z._default(wholeNumber(1, 10_000), 10_000),
  order: z._default(z.enum(['asc', 'desc']), 'desc'),
  after: z.optional(cursor),
});

/** A name is shown, and comes back in a header; it never becomes part of a path. */
export const filenameSchema = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(255),
    z.regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'expected a name without control characters'),
  );

export const purposeSchema = z.enum(['batch'], { error: "expected 'batch': files are kept for batches only" });

export const anchorSchema = z.enum(['created_at']);

/** As a form has it, where every value is a text. */
export const fileCreateSchema = z.strictObject({
  purpose: purposeSchema,
  file: z
    .file('expected a file, in a body that is multipart/form-data')
    .check(
      z.refine(({ name }) => filenameSchema.safeParse(name).success, 'expected a name without control characters'),
    ),
  expires_after: z.optional(
    z.strictObject({
      anchor: anchorSchema,
      seconds: wholeNumber(lifetimeSeconds.minimum, lifetimeSeconds.maximum),
    }),
  ),
});
