/** The frames of a stream, put together to the completion that they tell. Pure. */
import { dataOf, framesOf } from '../streaming/frames.ts';

/** Without a prototype: what a provider calls `__proto__` is a member like any other. */
type Draft = { [name: string]: unknown };
const draft = (): Draft => Object.create(null) as Draft;

const isObject = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sent once, or again the same; all other texts come in pieces. */
const notInPieces = new Set(['role', 'id', 'type', 'name']);

/** Fragments of a list's items say by their index to which one they belong; others are items themselves. */
function mergeList(into: unknown[], items: readonly unknown[]): unknown[] {
  for (const item of items) {
    const index = isObject(item) ? item['index'] : undefined;
    const known = into.find((other) => isObject(other) && index !== undefined && other['index'] === index);
    if (isObject(known) && isObject(item)) merge(known, item);
    else into.push(isObject(item) ? merge(draft(), item) : item);
  }
  return into;
}

function merge(into: Draft, delta: Draft): Draft {
  for (const [name, value] of Object.entries(delta)) {
    const before = into[name];
    if (typeof before === 'string' && typeof value === 'string')
      into[name] = notInPieces.has(name) ? value : before + value;
    else if (Array.isArray(before) && Array.isArray(value)) mergeList(before, value);
    else if (isObject(before) && isObject(value)) merge(before, value);
    else if (Array.isArray(value)) into[name] = mergeList([], value);
    else if (isObject(value)) into[name] = merge(draft(), value);
    else if (value !== null || before === undefined) into[name] = value;
  }
  return into;
}

const withoutIndex = ({ index: _, ...call }: Draft): Draft => call;

function messageOf(delta: Draft): Draft {
  const calls = delta['tool_calls'];
  return {
    role: 'assistant',
    content: null,
    refusal: null,
    ...delta,
    ...(Array.isArray(calls) && { tool_calls: calls.map(withoutIndex) }),
  };
}

type Choice = { readonly index: number; readonly delta: Draft; readonly rest: Draft };

function addChoice(choices: Map<number, Choice>, value: unknown): void {
  if (!isObject(value) || typeof value['index'] !== 'number') return;
  const { index, delta, ...rest } = value;
  const choice = choices.get(index as number) ?? { index: index as number, delta: draft(), rest: draft() };
  choices.set(choice.index, choice);
  if (isObject(delta)) merge(choice.delta, delta);
  // A reason is whole when it comes; until then some say null, and some nothing.
  const { finish_reason, ...others } = rest;
  merge(choice.rest, others);
  if (typeof finish_reason === 'string' && finish_reason !== '') choice.rest['finish_reason'] = finish_reason;
}

function parsed(data: string): Draft | null {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export type Gathered = {
  readonly completion: Record<string, unknown>;
  /** It came to its end, and said nothing that is no chunk. */
  readonly isWhole: boolean;
};

/** As far as the stream goes. */
export function gathered(stream: Buffer): Gathered {
  const choices = new Map<number, Choice>();
  const common: Draft = draft();
  const soFar = (isWhole: boolean): Gathered => ({
    isWhole,
    completion: {
      ...common,
      object: 'chat.completion',
      choices: [...choices.values()]
        .sort((a, b) => a.index - b.index)
        .map(({ index, delta, rest }) => ({
          index,
          message: messageOf(delta),
          logprobs: null,
          finish_reason: null,
          ...rest,
        })),
    },
  });
  for (const frame of framesOf(stream)) {
    const data = dataOf(frame);
    if (data === null) continue;
    if (data.trim() === '[DONE]') return soFar(true);
    const chunk = parsed(data);
    if (!chunk || chunk['error'] || !Array.isArray(chunk['choices'])) return soFar(false);
    const { choices: said, usage: _, object: __, ...others } = chunk;
    for (const [name, value] of Object.entries(others)) if (value !== null) common[name] = value;
    for (const choice of said as unknown[]) addChoice(choices, choice);
  }
  return soFar(false);
}

/** Null where the stream is not whole. `usage` is the gateway's own reading. */
export function assembled(stream: Buffer, usage: Draft | null): Record<string, unknown> | null {
  const { completion, isWhole } = gathered(stream);
  return isWhole ? { ...completion, ...(usage && { usage }) } : null;
}
