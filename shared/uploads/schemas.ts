/** What the Uploads API reads. */
import * as z from 'zod/mini';
import { lifetimeSeconds } from '../files/lifetime.ts';
import { anchorSchema, filenameSchema, purposeSchema } from '../files/schemas.ts';
import { largestFileBytes, largestPartBytes, mostParts } from './upload.ts';

const bytesUpTo = (maximum: number) => z.int().check(z.minimum(1), z.maximum(maximum));

export const uploadCreateSchema = z.strictObject({
  filename: filenameSchema,
  bytes: bytesUpTo(largestFileBytes),
  mime_type: z.string().check(z.regex(/^[\x20-\x7e]{1,255}$/, 'expected a media type')),
  purpose: purposeSchema,
  expires_after: z.optional(
    z.strictObject({
      anchor: anchorSchema,
      seconds: z.int().check(z.minimum(lifetimeSeconds.minimum), z.maximum(lifetimeSeconds.maximum)),
    }),
  ),
});

/** How many bytes there are, for an address that takes them; or the bytes themselves, in a form. */
export const uploadPartCreateSchema = z
  .strictObject({
    bytes: z.optional(bytesUpTo(largestPartBytes)),
    data: z.optional(z.file('expected a file, in a body that is multipart/form-data').check(z.minSize(1))),
  })
  .check(
    z.refine(({ bytes, data }) => (bytes === undefined) !== (data === undefined), {
      path: ['data'],
      error: "expected a file, in a body that is multipart/form-data, or in its place the number of 'bytes'",
    }),
  );

export const uploadCompleteSchema = z.strictObject({
  part_ids: z.array(z.string().check(z.maxLength(64))).check(z.minLength(1), z.maxLength(mostParts)),
  md5: z.optional(z.string().check(z.regex(/^[0-9a-fA-F]{32}$/, 'expected 32 hexadecimal digits'))),
});
