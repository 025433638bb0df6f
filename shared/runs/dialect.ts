/** What a run needs to know of the shape in which a model is asked: chat or responses. */
import type { ToolResult } from '../tools/execute-tool.ts';
import type { Tool } from '../tools/tool.ts';

export type Json = Readonly<Record<string, unknown>>;
export type AskedBody = Json & { readonly model: string };

export type ModelToolCall = {
  /** The model's own. */
  readonly id: string;
  readonly name: string;
  readonly argumentsText: string;
};

export type ToolOutcome = { readonly call: ModelToolCall; readonly result: ToolResult };

export type CalledTools = {
  /** Of tools that the gateway runs. */
  readonly own: readonly ModelToolCall[];
  /** Are there calls that the caller has to run? */
  readonly others: boolean;
};

export type Dialect = {
  readonly callsIn: (answer: Json, tools: ReadonlyMap<string, Tool>) => CalledTools;
  /** Does its caller see what tools have brought, and can so give it back with the next request? */
  readonly showsOutcomes: boolean;
  /** The answer without calls that the gateway has not run, and its caller cannot. */
  readonly shown: (answer: Json, tools: ReadonlyMap<string, Tool>) => Json;
  /** The request once more, with the answer and what its calls have brought. */
  readonly withOutcomes: (body: AskedBody, answer: Json, outcomes: readonly ToolOutcome[]) => AskedBody;
};

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const objectsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The model may call no tool, and so has to answer. */
export const withoutCalls = (body: AskedBody): AskedBody => ({ ...body, tool_choice: 'none' });

/** A choice that requires a call would require one after each result. Which tools it allows stays. */
export function free(body: AskedBody): AskedBody {
  const { tool_choice: choice, ...others } = body;
  if (choice === 'auto' || choice === 'none') return body;
  const asked = { ...others, model: body.model };
  if (!isObject(choice) || choice['type'] !== 'allowed_tools') return asked;
  const inner = choice['allowed_tools'];
  const allowed = isObject(inner) ? { allowed_tools: { ...inner, mode: 'auto' } } : { mode: 'auto' };
  return { ...asked, tool_choice: { ...choice, ...allowed } };
}

export const textOf = (result: ToolResult): string => (result.kind === 'answered' ? result.text : result.message);
