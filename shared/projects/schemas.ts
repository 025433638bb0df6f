/** What the control plane reads of requests about projects. Unknown members are refused: patchable fields are an allow-list. */
import * as z from 'zod/mini';
import { booleanText, pageQuery } from '../http/page.ts';
import { maxShards } from '../limits/limits.ts';

export const displayName = z
  .string()
  .check(z.minLength(1), z.maxLength(256), z.regex(/^[^\p{Cc}]*$/u, 'has control characters'));

/** Accepted as null, as the SDK's types allow; a gateway in one account has no residency or external keys to offer. */
const notOffered = z.nullish(z.null('is not offered by this gateway'));

export const projectCreateSchema = z.strictObject({
  name: displayName,
  external_key_id: notOffered,
  geography: notOffered,
  residency: notOffered,
  /** An extension of ours: over how many items the project's counters are spread, for more calls a second than one item takes. */
  admission_shards: z.optional(z.int().check(z.minimum(1), z.maximum(maxShards))),
});

export const projectUpdateSchema = z.strictObject({
  name: z.nullish(displayName),
  external_key_id: notOffered,
  geography: notOffered,
});

export const projectListSchema = z.strictObject({ ...pageQuery, include_archived: z._default(booleanText, false) });
