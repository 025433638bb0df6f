/** Which of OpenAI's public encodings a model counts with: https://github.com/openai/tiktoken/blob/main/tiktoken/model.py */
export const encodingNames = ['o200k_base', 'cl100k_base'] as const;
export type EncodingName = (typeof encodingNames)[number];

export type Encoding = {
  readonly name: EncodingName;
  /** False where the model's own is not public: what this one counts is then an approximation. */
  readonly isItsOwn: boolean;
};

/** In this order. `o200k_harmony`, of gpt-oss and later, differs from `o200k_base` in special tokens alone. */
const families: readonly { readonly models: RegExp; readonly encoding: EncodingName }[] = [
  {
    models: /^(?:gpt-4o|gpt-4\.\d|gpt-[5-9]|gpt-oss|gpt-audio|gpt-realtime|chatgpt-|codex-|o\d(?:$|-))/,
    encoding: 'o200k_base',
  },
  {
    models: /^(?:gpt-4|gpt-3\.5|gpt-35|text-embedding-3-|text-embedding-ada-002|davinci-002|babbage-002)/,
    encoding: 'cl100k_base',
  },
];

/** `openai/gpt-4o`, `openai.gpt-oss-120b-1:0` and `ft:gpt-4o-mini:acme::id` count as what they are made of. */
export const familyName = (model: string): string =>
  model
    .slice(model.lastIndexOf('/') + 1)
    .replace(/^(?:ft:|openai\.)/, '')
    .toLowerCase();

/** `model` as the provider calls it. */
export function encodingOf(model: string): Encoding {
  const name = familyName(model);
  const family = families.find(({ models }) => models.test(name));
  return family ? { name: family.encoding, isItsOwn: true } : { name: 'o200k_base', isItsOwn: false };
}
