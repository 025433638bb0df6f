/** A line of an output file or an error file, as OpenAI writes it. Pure. */
import type { Batch, BatchError } from './batch.ts';
import type { StoredLine } from './line-row.ts';

export type NotRun = { readonly code: string; readonly message: string };

export function outputLine({ customId, requestId, status, body, error }: StoredLine): string {
  const begin = `{"id":${JSON.stringify(requestId)},"custom_id":${JSON.stringify(customId)}`;
  if (status === undefined) return `${begin},"response":null,"error":${JSON.stringify(error ?? null)}}\n`;
  // The body is JSON already, and may be large.
  const response = `{"status_code":${status},"request_id":${JSON.stringify(requestId)},"body":${body ?? 'null'}}`;
  return `${begin},"response":${response},"error":null}\n`;
}

/** What is said of each line that was not run. */
export function notRunOf({ ending, errors }: Pick<Batch, 'ending' | 'errors'>): NotRun {
  switch (ending) {
    case 'expired':
      return {
        code: 'batch_expired',
        message: 'This request could not be executed before the completion window expired.',
      };
    case 'cancelled':
      return { code: 'batch_cancelled', message: 'This request was not executed because the batch was cancelled.' };
    case 'failed':
      return {
        code: errors[0]?.code ?? 'batch_failed',
        message: 'This request was not executed because the batch failed. Its errors say why.',
      };
    default:
      return interrupted;
  }
}

/** The last workers at it have died, one after the other. */
export const interrupted: NotRun = {
  code: 'server_error',
  message: 'This request was interrupted each time that it was tried. Ask for it again.',
};

/** What a batch says that was given up on its way. */
export const failureOf = (
  code: 'insufficient_quota' | 'invalid_api_key' | 'file_not_found',
  line: number,
): BatchError => ({
  code,
  message: reasons[code],
  param: null,
  line,
});

const reasons = {
  insufficient_quota: 'The budget is used up. Raise the spend limit, then send the lines of the error file again.',
  invalid_api_key:
    'The API key that made the batch is no longer valid. Send the lines of the error file again with another.',
  file_not_found: 'The input file has been deleted. Upload it again for a batch of the lines that are in neither file.',
} as const;

/** With how far it came. */
export const withCounts = (error: BatchError, ran: number, total: number): BatchError => ({
  ...error,
  message: `${error.message} ${ran} of ${total} lines were run.`,
});
