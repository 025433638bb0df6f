/** A file of a project, as the Files API knows it. Its bytes are an object: shared/objects/object-store.ts. */
import * as z from 'zod/mini';

export const filePurposes = ['batch', 'batch_output'] as const;
export type FilePurpose = (typeof filePurposes)[number];

export const storedFileSchema = z.readonly(
  z.object({
    projectId: z.string(),
    /** `file-…` */
    id: z.string(),
    filename: z.string(),
    purpose: z.enum(filePurposes),
    bytes: z.int(),
    /** Unix seconds. */
    createdAt: z.int(),
    /** Unix seconds; null for a file that stays until it is deleted. */
    expiresAt: z.nullable(z.int()),
    objectKey: z.string(),
  }),
);

export type StoredFile = z.infer<typeof storedFileSchema>;

export const objectKeyOf = (projectId: string, fileId: string): string => `files/${projectId}/${fileId}`;
