/**
 * Conversations, and threads: what responses that follow on each other have said, which is kept in the same way under
 * `thr_…` and is not seen through the Conversations API. A thread that goes on from the midst of another begins with that:
 *
 *   thr_a  q1 a1 q2 a2 q3 a3
 *                    └── thr_b  q4 a4        parents: [{ id: thr_a, upTo: 4 }]
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { type ConversationSettings, endsAfter, isOver } from './lifetime.ts';
import { type Name, nameOf } from './places.ts';

const parentSchema = z.object({
  id: z.string(),
  /** The first position that is none of this history any more. */
  upTo: z.int(),
});
export type Parent = z.infer<typeof parentSchema>;

export const headSchema = z.object({
  conversation: z.string(),
  /** `staged`: its items are still being written, and nobody knows of it. `deleted`: what is left of it is on its way out. */
  state: z.enum(['open', 'staged', 'deleted']),
  createdAt: z.int(),
  metadata: z._default(z.record(z.string(), z.string()), {}),
  /** The position of the item that is added next. */
  next: z.int(),
  /** Unix seconds; null: never. */
  endsAt: z.nullable(z.int()),
  /** Where it goes on from, the nearest first. */
  parents: z._default(z.array(parentSchema), []),
  /** Of a thread: how many responses and other threads need it. */
  uses: z._default(z.int(), 0),
});
export type Head = z.infer<typeof headSchema>;

export type Conversation = Name & Omit<Head, 'conversation' | 'state'>;

/** As anybody may see it: undefined where it is not there any more. */
export const conversationOf = (head: Head | undefined, nowSeconds: number): Conversation | undefined => {
  if (head?.state !== 'open' || isOver(head.endsAt, nowSeconds)) return undefined;
  const { conversation, state: _, ...rest } = head;
  return { ...nameOf(conversation), ...rest };
};

export const isThread = (id: string): boolean => id.startsWith('thr_');
/** Half of a surrogate pair is no character, and no store takes it. */
export const isConversation = (id: string): boolean => id.startsWith('conv_') && id.isWellFormed();

/** Under an Idempotency-Key a conversation has the name that the key gives it, so that the same request makes it once. */
export const idUnderKey = (apiKeyId: string, key: string): string =>
  `conv_${createHash('sha256')
    .update(JSON.stringify([apiKeyId, key]))
    .digest('hex')
    .slice(0, 48)}`;

/** More than that is no way to lead a conversation, and its head would grow with every one. */
export const maxParents = 100;

/** When it ends if it is used now. */
export const endOf = (id: string, { expireDays, responseExpireDays }: ConversationSettings, nowSeconds: number) =>
  endsAfter(nowSeconds, isThread(id) ? responseExpireDays : expireDays);

/** `conversations.Conversation` of the `openai` package. */
export const conversationObject = ({ id, createdAt, metadata }: Conversation) => ({
  id,
  object: 'conversation',
  created_at: createdAt,
  metadata,
});
