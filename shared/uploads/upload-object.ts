/** Uploads and their parts as the `openai` package's `Upload` and `UploadPart`. */
import { GatewayError } from '../errors.ts';
import type { StoredFile } from '../files/file.ts';
import { fileObject } from '../files/file-object.ts';
import { mostParts, statusOf, type Upload, type UploadPart } from './upload.ts';

export const uploadObject = (upload: Upload, nowSeconds: number, file?: StoredFile) => ({
  id: upload.id,
  object: 'upload',
  bytes: upload.bytes,
  created_at: upload.createdAt,
  expires_at: upload.expiresAt,
  filename: upload.filename,
  purpose: 'batch',
  status: statusOf(upload, nowSeconds),
  file: file ? fileObject(file) : null,
});

/** `uploadUrl`: where its bytes go, if they are not here yet. */
export const uploadPartObject = ({ id, createdAt }: UploadPart, upload: Upload, uploadUrl?: string) => ({
  id,
  object: 'upload.part',
  created_at: createdAt,
  upload_id: upload.id,
  ...(uploadUrl !== undefined && { upload_url: uploadUrl }),
});

export const noSuchUpload = (id: string): GatewayError =>
  new GatewayError('not_found', { message: `There is no upload '${id}'.`, param: 'upload_id' });

export const notOpen = (upload: Upload, nowSeconds: number): GatewayError => {
  const status = statusOf(upload, nowSeconds);
  const is = status === 'pending' ? `being completed, or has the ${mostParts} parts that it may have` : status;
  return new GatewayError('conflict', { message: `The upload '${upload.id}' is ${is}.` });
};
