/** What a message says: text, or parts of which some are pictures, files or sound. */
import { imageTokens } from './image-tokens.ts';
import { jsonTokens, objectOf, type Scale, sum, textOf } from './scale.ts';

/** Of a file: as if its bytes were text of the usual four bytes a token. What is in it the provider alone knows. */
const fileTokens = (data: unknown): number => Math.ceil((textOf(data).length * 3) / 4 / 4);

/** A second of sound is ten tokens, and 16,000 samples of two bytes at the least that is taken. */
const audioTokens = (data: unknown): number => Math.ceil((textOf(data).length * 3) / 4 / 3_200);

function partTokens(scale: Scale, value: unknown): number {
  if (typeof value === 'string') return scale.text(value);
  const part = objectOf(value);
  const { text, estimated, model } = scale;
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return text(textOf(part['text']));
    case 'refusal':
      return text(textOf(part['refusal']));
    case 'image_url': {
      const image = objectOf(part['image_url']);
      return estimated(imageTokens(model, textOf(image['url']), image['detail']));
    }
    case 'input_image':
      return estimated(imageTokens(model, textOf(part['image_url']), part['detail']));
    case 'file':
      return estimated(fileTokens(objectOf(part['file'])['file_data']));
    case 'input_file':
      return estimated(fileTokens(part['file_data']));
    case 'input_audio':
      return estimated(audioTokens(objectOf(part['input_audio'])['data']));
    default:
      return jsonTokens(scale, part);
  }
}

export function contentTokens(scale: Scale, content: unknown): number {
  if (typeof content === 'string') return scale.text(content);
  return Array.isArray(content) ? sum(content.map((part) => partTokens(scale, part))) : jsonTokens(scale, content);
}
