/** A file of a project, as the Files API knows it. Its bytes are an object: shared/objects/object-store.ts. */

export type FilePurpose = 'batch' | 'batch_output';

export type StoredFile = {
  readonly projectId: string;
  /** `file-…` */
  readonly id: string;
  readonly filename: string;
  readonly purpose: FilePurpose;
  readonly bytes: number;
  /** Unix seconds. */
  readonly createdAt: number;
  /** Unix seconds; null for a file that stays until it is deleted. */
  readonly expiresAt: number | null;
  readonly objectKey: string;
};

export const objectKeyOf = (projectId: string, fileId: string): string => `files/${projectId}/${fileId}`;
