/** A response that is kept, to be retrieved and continued. */
import * as z from 'zod/mini';

/** https://platform.openai.com/docs/api-reference/responses/object#responses-object-status */
export const responseStatuses = ['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled'] as const;
export const responseStatusSchema = z.enum(responseStatuses);
export type ResponseStatus = z.infer<typeof responseStatusSchema>;

/** From these it may still become anything. */
export const unfinishedStatuses: readonly ResponseStatus[] = ['queued', 'in_progress'];

/** Where its items are: from `first` on its input, from `output` on what was answered, up to `next`, which is not its own. */
export const heldItemsSchema = z.object({
  /** `conv_…` where the caller named one, `thr_…` otherwise: shared/conversations/conversation.ts. */
  in: z.string(),
  first: z.int(),
  output: z.int(),
  next: z.int(),
});
export type HeldItems = z.infer<typeof heldItemsSchema>;

export type JsonObject = Readonly<Record<string, unknown>>;

export type StoredResponse = {
  readonly projectId: string;
  /** `resp_…` */
  readonly id: string;
  readonly status: ResponseStatus;
  /** As the caller gets it. */
  readonly response: JsonObject;
  /** Null until it has ended. */
  readonly items: HeldItems | null;
  /** Unix seconds. Past it there is no such response. */
  readonly expiresAt: number;
};
