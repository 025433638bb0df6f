/** `POST /v1/embeddings`. Its inputs have nothing to do with each other. */
import { anything } from '../member-names.ts';
import { itemsOf } from '../members.ts';
import type { Reader } from './reader.ts';

/** A list of token ids, or one of several such lists. */
const isTokens = (value: unknown): boolean => Array.isArray(value) && typeof value[0] === 'number';

export const readEmbeddings: Reader = (reading, body) => {
  const { input, model: _, ...others } = body;
  if (isTokens(input)) reading.unreadable(['input']);
  if (typeof input === 'string') reading.walk(['input'], input, reading.place({ rules: anything }));
  for (const [path, item] of itemsOf(['input'], input)) {
    if (isTokens(item)) reading.unreadable(path);
    else reading.walk(path, item, reading.place({ rules: anything }));
  }
  const beside = reading.place({ rules: anything });
  for (const [name, value] of Object.entries(others)) {
    if (name !== 'encoding_format') reading.member([], name, value, beside);
  }
};
