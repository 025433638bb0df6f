/** What is asked about: images, and texts in chunks, each once; and in which calls. Pure. */
import { createHash } from 'node:crypto';
import { chunksOf } from './chunks.ts';
import type { ModerationInput } from './moderator.ts';

export type Piece = {
  readonly kind: 'text' | 'image';
  readonly content: string;
  /** Of the content and of whose it is: equal for nothing else. */
  readonly key: string;
};

/** The pieces of each text, then of each image. What is blank has none. */
export type Pieces = readonly (readonly Piece[])[];

const isBlank = (text: string): boolean => !/\S/.test(text);

export function piecesOf({ texts, images }: ModerationInput, projectId: string, model: string): Pieces {
  const piece = (kind: Piece['kind'], content: string): Piece => {
    const digest = createHash('sha256').update([projectId, model, kind, ''].join('\0')).update(content);
    return { kind, content, key: digest.digest('base64') };
  };
  return [
    // Half a surrogate pair is no Unicode, and a provider may refuse everything for it.
    ...texts.map((text) =>
      chunksOf(text.toWellFormed()).flatMap((chunk) => (isBlank(chunk) ? [] : piece('text', chunk))),
    ),
    ...images.map((url) => [piece('image', url)]),
  ];
}

/**
 * In one call. OpenAI documents no maximum; 32 full chunks are 64,000 characters, which stays within a minute's tokens of most
 * accounts, and one call holds a usual conversation.
 */
export const maxTextsPerCall = 32;

/**
 * Texts go together and have a result each. Parts of type `image_url` would be judged together as one, at most one of them an
 * image (400 `too_many_images`): an image goes by itself. https://github.com/antiwork/gumroad/pull/4709
 */
export function callsFor(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const texts = pieces.filter(({ kind }) => kind === 'text');
  const together = Array.from({ length: Math.ceil(texts.length / maxTextsPerCall) }, (_, index) =>
    texts.slice(index * maxTextsPerCall, (index + 1) * maxTextsPerCall),
  );
  return [...together, ...pieces.filter(({ kind }) => kind === 'image').map((image) => [image])];
}

/** `input` of a call. */
export const inputOf = (call: readonly Piece[]): readonly unknown[] =>
  call.map(({ kind, content }) => (kind === 'text' ? content : { type: 'image_url', image_url: { url: content } }));
