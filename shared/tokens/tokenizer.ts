/** One encoding's tokenizer. Loading it takes a third of a second, so that is done when something is first counted (I9). */
import type { Tiktoken } from 'tiktoken/lite/init';
import type { EncodingName } from './encoding.ts';
import { piecesOf } from './pieces.ts';

export type Tokenizer = {
  /** What looks like a special token is text like any other, as providers take what users write. */
  readonly count: (text: string) => number;
  /** Null where one of them is no token. What is left of a character that others have the rest of is U+FFFD. */
  readonly decode: (tokens: readonly number[]) => string | null;
};

export type Tokenizers = (encoding: EncodingName) => Promise<Tokenizer>;

type Ranks = {
  readonly pat_str: string;
  readonly special_tokens: Readonly<Record<string, number>>;
  readonly bpe_ranks: string;
};

export type LoadTokenizer = (encoding: EncodingName) => Promise<Tokenizer>;

const ranksOf: Readonly<Record<EncodingName, () => Promise<{ readonly ranks: Ranks }>>> = {
  o200k_base: () => import('./o200k-base.ts'),
  cl100k_base: () => import('./cl100k-base.ts'),
};

export const loadTokenizer: LoadTokenizer = async (encoding) => {
  const [{ loadTiktoken }, { ranks }] = await Promise.all([import('./tiktoken.ts'), ranksOf[encoding]()]);
  const Encoder = await loadTiktoken();
  return tokenizerOf(new Encoder(ranks.bpe_ranks, ranks.special_tokens, ranks.pat_str), ranks);
};

/** Of lines like `! 256 IGE= …`: the tokens from the 256th on. */
function tokensIn({ bpe_ranks, special_tokens }: Ranks): (token: number) => boolean {
  const special = new Set(Object.values(special_tokens));
  const ranges = bpe_ranks.split('\n').map((line) => {
    const [, first = '', ...tokens] = line.split(' ');
    return { first: Number(first), end: Number(first) + tokens.length };
  });
  return (token) =>
    special.has(token) || (Number.isInteger(token) && ranges.some(({ first, end }) => token >= first && token < end));
}

function tokenizerOf(encoder: Tiktoken, ranks: Ranks): Tokenizer {
  let known: ((token: number) => boolean) | undefined;
  return {
    count(text) {
      let tokens = 0;
      for (const piece of piecesOf(text)) tokens += encoder.encode_ordinary(piece).length;
      return tokens;
    },
    decode(tokens) {
      known ??= tokensIn(ranks);
      // Asked for a token that there is not, tiktoken panics, and is of no more use to anyone.
      if (!tokens.every(known)) return null;
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoder.decode(Uint32Array.from(tokens)));
    },
  };
}

/** Each is loaded once; what failed is tried again by the next that needs it. */
export function createTokenizers(load: LoadTokenizer = loadTokenizer): Tokenizers {
  const loading = new Map<EncodingName, Promise<Tokenizer>>();
  return (encoding) => {
    const known = loading.get(encoding);
    if (known) return known;
    const loaded = load(encoding).catch((error: unknown) => {
      loading.delete(encoding);
      throw error;
    });
    loading.set(encoding, loaded);
    return loaded;
  };
}
