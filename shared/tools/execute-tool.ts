/** Runs a tool for a model, or for whoever calls it directly. */
import type { Log } from '../observability/log.ts';
import type { Remote, Span } from '../observability/stages.ts';
import { begin, end, type Trail, traceHeaders } from '../observability/trail.ts';
import type { JsonSchema } from '../structured/json-schema.ts';
import type { CallWebhook } from './call-webhook.ts';
import { readArguments } from './given-arguments.ts';
import type { InvokeFunction } from './invoke-function.ts';
import { failed, type TargetAnswer, timedOut } from './target-answer.ts';
import { withinTime } from './time-limit.ts';
import type { Tool } from './tool.ts';
import { type ToolEvent, toolEvent } from './tool-event.ts';
import { signatureHeaders } from './webhook-signature.ts';

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
  /** Of the request, which its tools are part of. */
  readonly trail?: Trail | undefined;
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

export type ExecuteToolDeps = {
  readonly schemas: {
    /** What is wrong with a value, in a few lines that hold nothing of it but the names of members; null where nothing is. */
    readonly problems: (schema: JsonSchema, value: unknown) => Promise<readonly string[] | null>;
  };
  readonly callWebhook: CallWebhook;
  readonly invokeFunction: InvokeFunction;
  /** As the configuration has it now, which may no longer be as it was when the tool was registered. */
  readonly mayInvoke: (arn: string) => boolean;
  readonly log: Log;
  readonly now: () => number;
};

export function createExecuteTool(deps: ExecuteToolDeps): ExecuteTool {
  const { schemas, log, now } = deps;

  const run = async (tool: Tool, call: ToolCall, run: ToolRun, span: Span | null): Promise<TargetAnswer> => {
    const given = readArguments(call.argumentsText);
    if (typeof given === 'string') return failed('invalid_arguments', given);
    const problems = await schemas.problems(tool.parameters, given);
    if (problems !== null) {
      return failed('invalid_arguments', `The arguments do not conform to the tool's schema:\n${problems.join('\n')}`);
    }
    const event = toolEvent(tool, call, run, { givenArguments: given, nowMs: now() });
    const limits = { timeoutMs: tool.timeoutMs, outer: run.signal };
    const trace = run.trail ? traceHeaders(run.trail, span) : {};
    return (await withinTime(limits, (signal) => callTarget(deps, tool, event, trace, signal))) ?? timedOut();
  };

  return async (tool, call, of) => {
    const startedAtMs = now();
    const remote: Remote = { name: tool.name };
    const span = begin(of.trail, 'tools', remote);
    const answer = await run(tool, call, of, span).catch((error: unknown) => {
      log.error('a tool could not be called', { requestId: of.requestId, tool: tool.name, error });
      return failed('unreachable', 'The tool could not be called.');
    });
    end(of.trail, span);
    const durationMs = now() - startedAtMs;
    of.trail?.debug?.('tool called', { tool: tool.name, outcome: answer.kind, durationMs });
    if (answer.kind === 'answered') return { ...answer, durationMs };
    const { why, message } = answer;
    remote.why = why;
    remote.status = why === 'timed_out' ? 504 : why === 'invalid_arguments' ? 400 : 502;
    // What a model made of the arguments is no concern of whoever looks after the tool.
    if (why !== 'invalid_arguments') {
      log.warn('a tool failed', { requestId: of.requestId, tool: tool.name, why, failure: message, durationMs });
    }
    return { kind: 'failed', why, message, durationMs };
  };
}

/** Rejects when the signal fires. */
async function callTarget(
  { callWebhook, invokeFunction, mayInvoke }: ExecuteToolDeps,
  { target, secret }: Tool,
  event: ToolEvent,
  trace: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<TargetAnswer> {
  const body = JSON.stringify(event);
  if (target.type === 'lambda') {
    if (mayInvoke(target.arn)) return invokeFunction(target.arn, body, signal);
    return failed('refused_target', 'The tool is a function that the gateway may not call.');
  }
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/plain;q=0.9, */*;q=0.1',
    'user-agent': 'sluice',
    'idempotency-key': event.id,
    ...trace,
    ...signatureHeaders(secret, { id: event.id, timestampSeconds: event.created_at, body }),
  };
  return callWebhook({ url: target.url, headers, body }, signal);
}
