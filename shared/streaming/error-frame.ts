/** How a stream says that it has failed, after which nothing more comes. */
import type { ErrorBody } from '../errors.ts';

export const chatErrorFrame = (body: ErrorBody): string => `data: ${JSON.stringify(body)}\n\n`;

/** https://platform.openai.com/docs/api-reference/responses-streaming/error; null: nobody knows how many events came before. */
export const responseErrorFrame = ({ error: { code, message, param } }: ErrorBody, sequence: number | null): string => {
  const numbered = sequence === null ? {} : { sequence_number: sequence };
  return `event: error\ndata: ${JSON.stringify({ type: 'error', ...numbered, code, message, param })}\n\n`;
};
