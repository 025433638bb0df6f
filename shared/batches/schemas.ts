/** What the Batches API takes. */
import * as z from 'zod/mini';
import { metadataSchema } from '../http/metadata.ts';
import { pageQuery } from '../http/page.ts';
import { batchEndpoints } from './answer-line.ts';

export const batchCreateSchema = z.strictObject({
  input_file_id: z.string().check(z.minLength(1), z.maxLength(128)),
  endpoint: z.enum(batchEndpoints),
  completion_window: z.enum(['24h']),
  metadata: z.nullish(metadataSchema),
  output_expires_after: z.nullish(
    z.strictObject({
      anchor: z.literal('created_at'),
      seconds: z.int().check(z.minimum(3_600), z.maximum(2_592_000)),
    }),
  ),
});
export type BatchCreate = z.infer<typeof batchCreateSchema>;

export const batchListSchema = z.strictObject(pageQuery);
