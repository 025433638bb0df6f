/**
 * What is kept of the text of a violation. Both the digest and the keys that seal come from a secret of the project,
 * which lies in another table: whoever reads violations alone can neither read a text nor try guesses of it.
 * docs/adr/0052
 */
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import * as z from 'zod/mini';
import { sealWith, unsealWith } from '../sealing/aes-gcm.ts';

/** Characters; a row stays a few kilobytes. */
export const mostContent = 8_000;

export const keptContentSchema = z.object({
  /** Only its beginning is kept. */
  truncated: z.boolean(),
  /** Absent from listings that do not ask for it. */
  sealed: z.optional(z.instanceof(Uint8Array)),
});
export type KeptContent = z.infer<typeof keptContentSchema>;

const derived = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `sluice violation ${purpose}`, 32));

/** Without a secret it could be tried against guesses by whoever knows the project's id. */
export const digestOf = (secret: string | null, projectId: string, text: string): string =>
  secret === null
    ? createHash('sha256').update(`${projectId}\n${text}`).digest('base64url')
    : createHmac('sha256', derived(secret, `digest ${projectId}`))
        .update(text)
        .digest('base64url');

/** Whose violation it is, and which. */
export type Place = { readonly projectId: string; readonly id: string };

/** A key of its own for every violation, which is sealed once: no nonce meets a key again. */
const keyOf = (secret: string, { projectId, id }: Place): Buffer => derived(secret, `content ${projectId} ${id}`);

export const sealContent = (secret: string, place: Place, text: string, nonce: Buffer): KeptContent => ({
  truncated: text.length > mostContent,
  sealed: sealWith(keyOf(secret, place), beginningOf(text), nonce),
});

/** Throws where it was sealed for another project or violation, or was changed since. */
export const openContent = (secret: string, place: Place, sealed: Uint8Array): string =>
  unsealWith(keyOf(secret, place), sealed);

/** Half of a surrogate pair is no character. */
function beginningOf(text: string): string {
  const last = text.charCodeAt(mostContent - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? mostContent - 1 : mostContent);
}
