/** A file as the `openai` package's `FileObject`. */
import { GatewayError } from '../errors.ts';
import type { StoredFile } from './file.ts';

export const fileObject = ({ id, filename, purpose, bytes, createdAt, expiresAt }: StoredFile) => ({
  id,
  object: 'file',
  bytes,
  created_at: createdAt,
  ...(expiresAt !== null && { expires_at: expiresAt }),
  filename,
  purpose,
  // Deprecated, and part of the type.
  status: 'processed',
});

export const noSuchFile = (id: string): GatewayError =>
  new GatewayError('not_found', { message: `There is no file '${id}'.`, param: 'file_id' });
