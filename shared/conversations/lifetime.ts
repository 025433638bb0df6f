/** How long conversations and responses are kept. Pure. */
import * as z from 'zod/mini';

/** As OpenAI keeps responses. https://platform.openai.com/docs/guides/conversation-state */
const responseDays = 30;
const days = (most: number) => z.int().check(z.minimum(1), z.maximum(most));

export const conversationSettingsSchema = z.strictObject({
  /** After the last thing that was added. Absent: until it is deleted. */
  expireDays: z.optional(days(3_650)),
  /** Of responses and what they follow on. No longer than bodies of responses are kept: shared/bodies/body-store.ts. */
  responseExpireDays: z._default(days(responseDays), responseDays),
});
export type ConversationSettings = z.infer<typeof conversationSettingsSchema>;

const daySeconds = 86_400;

/** Unix seconds; null: never. */
export const endsAfter = (nowSeconds: number, expireDays: number | undefined): number | null =>
  expireDays === undefined ? null : nowSeconds + expireDays * daySeconds;

export const isOver = (endsAt: number | null, nowSeconds: number): boolean => endsAt !== null && endsAt <= nowSeconds;

/** The day from which on it is erased: days, so that the index is written once a day and not with everything that is added. */
export const erasureDay = (endsAt: number): string =>
  new Date((endsAt + daySeconds - 1) * 1000).toISOString().slice(0, 10);

/** Those of one day are many: no single partition of the index gets all the writes. */
export const erasureShards = ['0', '1', '2', '3', '4', '5', '6', '7'] as const;
export const erasureShard = (id: string): string =>
  erasureShards[(id.codePointAt(id.length - 1) ?? 0) % erasureShards.length] ?? '0';
