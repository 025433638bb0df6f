/**
 * Embeddings may be asked for of tokens in place of text. Where a guardrail is to read them they become the text that they
 * are, and are sent as that: so what was inspected is what is sent (THREATS 6, I8), and redaction can change it.
 */
import type { Catalogue } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import { type Prepare, withBody } from '../inference/preparation.ts';
import { guardsInput } from '../safety/guardrails-in-use.ts';
import { type SafetyWishes, safetyOf } from '../safety/policy.ts';
import { type EncodingName, encodingOf } from './encoding.ts';
import type { Tokenizer, Tokenizers } from './tokenizer.ts';

export type WithDecodedInputDeps = {
  readonly catalogue: Catalogue;
  readonly tokenizers: Tokenizers;
  /** What projects' own policies leave out. */
  readonly safetyDefaults: SafetyWishes;
};

/** As many as OpenAI takes: https://platform.openai.com/docs/api-reference/embeddings/create#embeddings-create-input */
const maxInputs = 2_048;
const maxTokens = 300_000;
/** A token may be a hundred and more characters: as many as a request could have said itself. */
const maxBytes = 6 * 1024 * 1024;

type Tokens = readonly number[];

const isTokens = (value: unknown): value is Tokens =>
  Array.isArray(value) && value.length > 0 && value.every((token) => typeof token === 'number');

const tooMuch = (what: string): GatewayError =>
  new GatewayError('invalid_request', {
    message: `The input is too large: at most ${what} are taken.`,
    param: 'input',
  });

/** Null where the models that may be asked have no public encoding, or not the same. */
function commonEncoding(models: readonly string[]): EncodingName | null {
  const encodings = models.map(encodingOf);
  const [first] = encodings;
  return first && encodings.every(({ name, isItsOwn }) => isItsOwn && name === first.name) ? first.name : null;
}

function checkSize(lists: readonly Tokens[]): void {
  if (lists.length > maxInputs) throw tooMuch(`${maxInputs} lists of tokens`);
  if (lists.reduce((total, { length }) => total + length, 0) > maxTokens) throw tooMuch(`${maxTokens} tokens`);
}

/** The text of each list of tokens, for as long as it is no more than a request could have said. */
function decoderOf({ decode }: Tokenizer): (tokens: Tokens, param: string) => string {
  let bytes = 0;
  return (tokens, param) => {
    const text = decode(tokens);
    if (text === null) {
      throw new GatewayError('invalid_request', {
        message: 'It holds numbers that are no tokens of the model.',
        param,
      });
    }
    bytes += Buffer.byteLength(text);
    if (bytes > maxBytes) throw tooMuch('6 MB of text');
    return text;
  };
}

export const createWithDecodedInput =
  ({ catalogue, tokenizers, safetyDefaults }: WithDecodedInputDeps): Prepare =>
  async ({ caller }, prepared) => {
    const { kind, body } = prepared.request;
    const { input } = body;
    const lists = isTokens(input) ? [input] : Array.isArray(input) ? input.filter(isTokens) : [];
    if (kind !== 'embeddings' || lists.length === 0) return prepared;
    if (!guardsInput(safetyOf(safetyDefaults, caller.policy.safety.wishes), kind)) return prepared;
    const encoding = commonEncoding(catalogue.find(body.model).targets.map(({ model }) => model));
    // No guardrail can read them then, and the policy says what becomes of that.
    if (encoding === null) return prepared;
    checkSize(lists);
    const decoded = decoderOf(await tokenizers(encoding));
    const texts = isTokens(input)
      ? decoded(input, 'input')
      : (input as readonly unknown[]).map((item, index) => (isTokens(item) ? decoded(item, `input[${index}]`) : item));
    return withBody(prepared, { ...body, input: texts });
  };
