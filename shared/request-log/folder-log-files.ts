/**
 * The request log on one machine: files below a folder. Their content is sealed with a key that lies elsewhere, so that a copy of the
 * folder tells nobody what was said; `node infra/local/read-request-log.ts` opens it.
 */
import { hkdfSync } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sealWith, unsealWith } from '../sealing/aes-gcm.ts';
import type { LogFile, LogFiles } from './log-files.ts';

export type FolderLogFilesOptions = {
  readonly folder: string;
  readonly secret: string | undefined;
  /** For AES-GCM, a new one every time. */
  readonly newNonce: () => Buffer;
};

/** A key for every file, within which nonces are drawn. */
const keyOf = (secret: string, file: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `sluice request log file ${file}`, 32));

/** Of one line, in place of its content. `file` is its path below the folder. */
export const openLine = (secret: string, file: string, sealed: string): unknown =>
  JSON.parse(unsealWith(keyOf(secret, file), Buffer.from(sealed, 'base64')));

export const folderLogFiles = ({ folder, secret, newNonce }: FolderLogFilesOptions): LogFiles => ({
  hasContentKey: secret !== undefined,

  async write({ key, entries }: LogFile) {
    const lines = entries.map(({ facts, content }) => {
      if (content === null) return `${facts}\n`;
      if (secret === undefined) throw new Error('content without a key to keep it under');
      const sealed = Buffer.from(sealWith(keyOf(secret, key), content, newNonce())).toString('base64');
      return `${facts.slice(0, -1)},"sealed_content":"${sealed}"}\n`;
    });
    const file = join(folder, key);
    await mkdir(dirname(file), { recursive: true });
    // Readers see the whole of it or nothing.
    await writeFile(`${file}.part`, lines.join(''));
    await rename(`${file}.part`, file);
  },
});
