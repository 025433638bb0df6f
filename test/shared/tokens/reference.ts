/** tiktoken itself, as its package has it, which is given whole texts. */
import { get_encoding } from 'tiktoken';
import type { EncodingName } from '../../../shared/tokens/encoding.ts';

export function reference(encoding: EncodingName): (text: string) => number {
  const encoder = get_encoding(encoding);
  return (text) => encoder.encode_ordinary(text).length;
}
