/** `POST /v1/moderations`. https://platform.openai.com/docs/api-reference/moderations/create */
import { itemsOf } from '../members.ts';
import { checkContent } from './content-parts.ts';
import type { Reader } from './reader.ts';

const partTypes = new Set(['text', 'image_url']);

export const readModerations: Reader = (reading, body) => {
  const parts = itemsOf([], body['input']).some(([, item]) => typeof item !== 'string');
  if (parts) checkContent(reading, ['input'], body['input'], partTypes);
  for (const [name, value] of Object.entries(body)) {
    if (name !== 'model') reading.member([], name, value, reading.place());
  }
};
