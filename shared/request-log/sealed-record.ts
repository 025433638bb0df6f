/** What was said in a call, sealed before it leaves the process that has heard it: neither queue nor bucket can read it. docs/adr/0076 */
import { hkdfSync } from 'node:crypto';
import { sealWith, unsealWith } from '../sealing/aes-gcm.ts';

/** Whose it is, and which line of the log. */
export type Place = { readonly projectId: string; readonly id: string };

/** A key of its own for every line, which is sealed once: no nonce meets a key again. */
const keyOf = (secret: string, { projectId, id }: Place): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `sluice request log ${projectId} ${id}`, 32));

export const sealRecord = (secret: string, place: Place, text: string, nonce: Buffer): Uint8Array<ArrayBuffer> =>
  sealWith(keyOf(secret, place), text, nonce);

/** Throws where it was sealed for another project or line, or was changed since. */
export const openRecord = (secret: string, place: Place, sealed: Uint8Array): string =>
  unsealWith(keyOf(secret, place), sealed);
