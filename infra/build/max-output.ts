/**
 * The most tokens that a model of OpenAI's puts out, which no catalogue of prices
 * tells: the gateway always asks for an explicit maximum, and where the caller
 * names none it is this. From https://platform.openai.com/docs/models; newer
 * families come first, and "maxOutputTokens" in sluice.json overrides all of it.
 */
const families: readonly (readonly [RegExp, number])[] = [
  [/^gpt-5(\.\d+)?-chat|^gpt-chat/, 16_384],
  [/^gpt-([5-9]|\d\d)/, 128_000],
  [/^o1-mini/, 65_536],
  [/^o1-preview/, 32_768],
  [/^codex|^o[134](-|$)/, 100_000],
  [/^gpt-4\.1/, 32_768],
  [/^(chatgpt-)?gpt-4o|^chatgpt-4o|^gpt-audio/, 16_384],
  [/^gpt-4-turbo|^gpt-4-.*preview|^gpt-3\.5-turbo/, 4_096],
  [/^gpt-4/, 8_192],
  [/^gpt-oss/, 131_072],
];

/** Undefined for a model that the list does not know. A fine-tuned model is of its family. */
export const knownMaxOutput = (model: string): number | undefined =>
  families.find(([family]) => family.test(model.replace(/^ft:/, '')))?.[1];
