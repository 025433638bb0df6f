/** The types of call that are conversations, and where in their bodies these stand. */
import type { ModelRequest } from '../inference/attempts.ts';

export const conversationMember = { completions: 'messages', responses: 'input' } as const;
export type ConversationKind = keyof typeof conversationMember;

export type Conversation = ModelRequest & { readonly kind: ConversationKind };

export const isConversation = (request: ModelRequest): request is Conversation =>
  Object.hasOwn(conversationMember, request.kind);

export type Body = Readonly<Record<string, unknown>>;

export function itemsOf(kind: ConversationKind, body: Body): readonly unknown[] {
  const items = body[conversationMember[kind]];
  return Array.isArray(items) ? items : [];
}

export const withItems = <Of extends Body>(kind: ConversationKind, body: Of, items: readonly unknown[]): Of => ({
  ...body,
  [conversationMember[kind]]: items,
});
