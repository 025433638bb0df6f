/** The output of a response as its caller sees it: tools that the gateway runs are calls of a server. Pure. */
import type { Tool } from '../tools/tool.ts';
import type { Json, ToolOutcome } from './dialect.ts';
import { callOf, isOwnCall, outcomeShown } from './responses-dialect.ts';

/** The same in each event that tells of it, and in the response. */
export const shownId = (item: Json, stepId: string): string =>
  `mcp_${stepId.slice(-12)}${callOf(item)
    .id.replace(/[^A-Za-z0-9]/g, '')
    .slice(-24)}`;

/** Where JSON is asked for, what a model says before it calls a tool would be read as a part of it. */
export const withoutPreamble = (items: readonly Json[]): readonly Json[] =>
  items.filter(({ type }) => type !== 'message');

export const shownOutput = (
  items: readonly Json[],
  tools: ReadonlyMap<string, Tool>,
  outcomes: readonly ToolOutcome[],
  stepId: string,
): Json[] =>
  items.map((item) => {
    if (!isOwnCall(item, tools)) return item;
    const { id } = callOf(item);
    return outcomeShown(item, shownId(item, stepId), outcomes.find(({ call }) => call.id === id) ?? null);
  });
