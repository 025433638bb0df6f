/** The tools that one answer of a model calls, all at once. A call that is made again as it was is not run again. */
import { canonicalText } from '../cache/canonical.ts';
import type { ExecuteTool, ToolResult, ToolRun } from '../tools/execute-tool.ts';
import type { Tool } from '../tools/tool.ts';
import type { ModelToolCall, ToolOutcome } from './dialect.ts';
import type { RunStep } from './run.ts';

export type ToolStep = {
  readonly outcomes: readonly ToolOutcome[];
  /** The model calls again what it has been told that it has called: it goes round in circles. */
  readonly isCircling: boolean;
};

/** How often each call has been made in a run; one that was not run for want of room is not among them. */
export type CallsMade = Map<string, number>;

/** Some providers number the calls of each answer anew, or all calls of one alike, so the id of a call is only with its `step` and its place the run's own. */
export type RunTools = (
  calls: readonly ModelToolCall[],
  tools: ReadonlyMap<string, Tool>,
  made: CallsMade,
  run: ToolRun & { readonly step: number },
  note: (step: RunStep) => void,
) => Promise<ToolStep>;

export type RunToolsDeps = {
  readonly executeTool: ExecuteTool;
  readonly now: () => number;
  readonly maxCallsPerStep: number;
};

const failed = (message: string): ToolResult => ({ kind: 'failed', why: 'error', message, durationMs: 0 });

const repeated = failed(
  'Not run again: this tool has been called with exactly these arguments before, and its result stands above. Use that result, call with other arguments, or answer.',
);

export const createRunTools =
  ({ executeTool, now, maxCallsPerStep }: RunToolsDeps): RunTools =>
  async (calls, tools, made, run, note) => {
    let isCircling = false;
    const tooMany = failed(`Not run: at most ${maxCallsPerStep} tools are run at the same time. Call fewer at once.`);

    async function resultOf(tool: Tool, call: ModelToolCall, index: number): Promise<ToolResult> {
      const name = JSON.stringify([call.name, sameArguments(call.argumentsText)]);
      const times = (made.get(name) ?? 0) + 1;
      made.set(name, times);
      if (times > 2) isCircling = true;
      return times > 1 ? repeated : executeTool(tool, { ...call, id: `${run.step}.${index}.${call.id}` }, run);
    }

    async function outcomeOf(call: ModelToolCall, index: number): Promise<ToolOutcome> {
      const startedAtMs = now();
      const tool = tools.get(call.name);
      const result = !tool || index >= maxCallsPerStep ? tooMany : await resultOf(tool, call, index);
      const outcome = result === repeated ? 'repeated' : result.kind === 'answered' ? 'answered' : result.why;
      const durationMs = now() - startedAtMs;
      note({ type: 'tool_call', startedAtMs, durationMs, name: call.name, callId: call.id, outcome });
      return { call, result };
    }

    const outcomes = await Promise.all(calls.map(outcomeOf));
    return { outcomes, isCircling };
  };

/** However they are written: spaces and the order of members make no other call. */
function sameArguments(text: string): string {
  try {
    return canonicalText(JSON.parse(text));
  } catch {
    return text;
  }
}
