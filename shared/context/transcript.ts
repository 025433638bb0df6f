/** Turns of a conversation as a text, for a model that is to summarise them. Pictures and files are named and not shown. */
import { asList, member } from '../admission/body-members.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function partText(part: unknown): string {
  const text = member(part, 'text') ?? member(part, 'refusal');
  return typeof text === 'string' ? text : `[${textOf(member(part, 'type')) || 'something'}]`;
}

function contentText(content: unknown): string {
  if (content == null) return '';
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map(partText).join('\n') : JSON.stringify(content);
}

const callText = (called: unknown): string =>
  `[calls ${textOf(member(called, 'name'))} with ${textOf(member(called, 'arguments') ?? member(called, 'input'))}]`;

function callTexts(item: unknown): string[] {
  const calls = asList(member(item, 'tool_calls')).map((call) => member(call, 'function') ?? member(call, 'custom'));
  const legacy = member(item, 'function_call');
  return [...calls, ...(legacy == null ? [] : [legacy])].map(callText);
}

/** Null where there is nothing in it to tell, as in sealed reasoning. */
function itemText(item: unknown): string | null {
  const role = member(item, 'role');
  if (typeof role === 'string') {
    const said = [contentText(member(item, 'content')), ...callTexts(item)].filter(Boolean).join('\n');
    return said === '' ? null : `${role}: ${said}`;
  }
  const type = textOf(member(item, 'type'));
  if (type === 'reasoning') return null;
  if (type.endsWith('_output')) return `tool: ${contentText(member(item, 'output'))}`;
  return `assistant: ${callText(item)}`;
}

export const transcriptOf = (items: readonly unknown[]): string =>
  items
    .map(itemText)
    .filter((text) => text !== null)
    .join('\n\n');

const beginningIsMissing = '[…]';
/** Tokens are not spread evenly: a second look finds most of what the first cut left too long. */
const mostCuts = 3;

/** Its end, where not all of it fits; null where nothing sensible does. */
export async function endWithin(
  text: string,
  budget: number,
  count: (text: string) => Promise<number>,
): Promise<string | null> {
  if (Buffer.byteLength(text) <= budget) return text;
  let end = text;
  for (let cut = 0; cut <= mostCuts; cut++) {
    const tokens = await count(end);
    if (tokens <= budget) return end;
    const length = Math.floor((end.length * budget * 0.95) / tokens) - beginningIsMissing.length;
    if (length <= 0) return null;
    end = beginningIsMissing + text.slice(text.length - length).toWellFormed();
  }
  return null;
}
