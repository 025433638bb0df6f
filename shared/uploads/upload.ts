/** A file that comes in parts: `uploads` of the `openai` package. Pure. */
import * as z from 'zod/mini';

/** As OpenAI has it. */
export const uploadLifetimeSeconds = 3_600;

/** OpenAI's maximum for what a batch is made of. */
export const largestFileBytes = 200 * 1024 * 1024;

/** OpenAI's maximum. */
export const largestPartBytes = 64 * 1024 * 1024;

/** Four times what 200 MB take in parts of 4 MB: each costs a look and a read while the caller waits. */
export const mostParts = 200;

export const uploadSchema = z.readonly(
  z.object({
    projectId: z.string(),
    /** `upload_…` */
    id: z.string(),
    filename: z.string(),
    /** What its parts have to sum up to. */
    bytes: z.int(),
    /** Of the file, from its creation on. */
    fileSeconds: z.nullable(z.int()),
    createdAt: z.int(),
    expiresAt: z.int(),
    /**
     * `completing` from the first attempt to put the parts together: with the same parts it may be made again, until it has
     * turned out that they are wrong.
     */
    state: z.enum(['pending', 'completing', 'completed', 'cancelled']),
    /** Those that it is completed of, in their order. */
    partIds: z.optional(z.readonly(z.array(z.string()))),
  }),
);
export type Upload = z.infer<typeof uploadSchema>;

export const uploadPartSchema = z.readonly(
  z.object({
    /** `part_…` */
    id: z.string(),
    bytes: z.int(),
    createdAt: z.int(),
  }),
);
export type UploadPart = z.infer<typeof uploadPartSchema>;

export type UploadWithParts = { readonly upload: Upload; readonly parts: readonly UploadPart[] };

/** What a caller says that it is made of. */
export type Completion = { readonly partIds: readonly string[]; readonly md5: string | undefined };

export const isOpen = ({ state, expiresAt }: Upload, nowSeconds: number): boolean =>
  state !== 'completed' && state !== 'cancelled' && expiresAt > nowSeconds;

/** As callers are told of it. */
export function statusOf(upload: Upload, nowSeconds: number): 'pending' | 'completed' | 'cancelled' | 'expired' {
  const { state } = upload;
  if (state === 'completed' || state === 'cancelled') return state;
  return isOpen(upload, nowSeconds) ? 'pending' : 'expired';
}

export const partKeyOf = ({ projectId, id }: Pick<Upload, 'projectId' | 'id'>, partId: string): string =>
  `uploads/${projectId}/${id}/${partId}`;

/** One file for one upload, however often it is completed. */
export const fileIdOf = ({ id }: Pick<Upload, 'id'>): string => id.replace(/^upload_/, 'file-');
