/** What became of a call of a tool's target, and the bounds of it. */
import type { ToolResult } from './execute-tool.ts';

type Why = Extract<ToolResult, { kind: 'failed' }>['why'];

export type TargetAnswer =
  | { readonly kind: 'answered'; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly why: Why;
      /** For the model: no address, header or secret, and nothing that the target said. */
      readonly message: string;
      /** May it be asked once more? */
      readonly again?: true;
    };
export type TargetFailure = Extract<TargetAnswer, { kind: 'failed' }>;

/** Of an answer, and of the arguments of a call. */
export const maxToolBytes = 256 * 1024;

export const failed = (why: Why, message: string, again = false): TargetFailure => ({
  kind: 'failed',
  why,
  message,
  ...(again && { again: true }),
});

export const tooLarge = (): TargetFailure => failed('too_large', 'The tool answered with more than 256 KiB.');
export const timedOut = (): TargetFailure => failed('timed_out', 'The tool did not answer in time.');

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function answered(bytes: Uint8Array): TargetAnswer {
  if (bytes.byteLength > maxToolBytes) return tooLarge();
  try {
    return { kind: 'answered', text: utf8.decode(bytes) };
  } catch {
    return failed('error', 'The tool answered with something that is not text.');
  }
}
