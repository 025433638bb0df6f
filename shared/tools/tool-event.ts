/** What a tool is sent, whether it is a webhook or a function. Pure. */
import { createHash } from 'node:crypto';
import type { ToolCall, ToolRun } from './execute-tool.ts';
import type { Tool } from './tool.ts';

export type ToolEvent = {
  readonly type: 'tool.call';
  readonly id: string;
  /** Unix seconds. */
  readonly created_at: number;
  readonly data: {
    readonly name: string;
    readonly arguments: object;
    readonly call_id: string;
    readonly run_id: string | null;
    readonly project_id: string;
  };
};

/**
 * The same whenever the same call is made, by whichever instance, so that its target can tell: models' own ids
 * are unique in a run at best, so the run and the project are part of it.
 */
const eventId = (name: string, call: ToolCall, { projectId, runId }: ToolRun): string => {
  const digest = createHash('sha256').update(JSON.stringify([projectId, runId, name, call.id]));
  return `msg_${digest.digest('hex').slice(0, 32)}`;
};

export const toolEvent = (
  { name }: Tool,
  call: ToolCall,
  run: ToolRun,
  { givenArguments, nowMs }: { readonly givenArguments: object; readonly nowMs: number },
): ToolEvent => ({
  type: 'tool.call',
  id: eventId(name, call, run),
  created_at: Math.floor(nowMs / 1000),
  data: { name, arguments: givenArguments, call_id: call.id, run_id: run.runId, project_id: run.projectId },
});
