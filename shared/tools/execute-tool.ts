/** Runs a tool for a model, or for whoever calls it directly. */
import type { Tool } from './tool.ts';

export type ToolCall = {
  /** The model's own id of the call, or one of ours; a repeated call under the same id is the same call to its target. */
  readonly id: string;
  /** JSON, as the model wrote it. */
  readonly argumentsText: string;
};

export type ToolRun = {
  readonly projectId: string;
  readonly requestId: string;
  /** Of the run that it is a step of; null where it is called directly. */
  readonly runId: string | null;
  /** Fires when nobody waits for it any more. */
  readonly signal: AbortSignal;
};

/** What failed says so in a sentence that a model may read, and that names no address, header or secret. */
export type ToolResult =
  | { readonly kind: 'answered'; readonly text: string; readonly durationMs: number }
  | {
      readonly kind: 'failed';
      readonly why: 'invalid_arguments' | 'timed_out' | 'refused_target' | 'unreachable' | 'too_large' | 'error';
      readonly message: string;
      readonly durationMs: number;
    };

/** Never rejects: a failed tool is an answer that the model can work with. */
export type ExecuteTool = (tool: Tool, call: ToolCall, run: ToolRun) => Promise<ToolResult>;
