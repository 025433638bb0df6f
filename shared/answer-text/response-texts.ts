/** The texts of an event of a response. https://platform.openai.com/docs/api-reference/responses-streaming */
import { createTextWalk, isObject, type JsonObject, type Texts } from './text-leaf.ts';

/** What the caller said, and hears back with every response. */
export const ofTheCaller = new Set([
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'metadata',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_retention',
  'text',
  'user',
  'safety_identifier',
  'reasoning',
  'conversation',
  'truncation',
  'model',
  'service_tier',
  'usage',
]);

/** What tells the texts of one response apart. */
const positions = ['item_id', 'output_index', 'content_index', 'summary_index', 'command_index'] as const;

const channelOf = (event: JsonObject, of: string): string =>
  [of, ...positions.map((position) => event[position] ?? '')].join(' ');

export function responseTexts(event: JsonObject): Texts {
  const walk = createTextWalk();
  const type = typeof event['type'] === 'string' ? event['type'] : '';
  const place = { channel: null, speaker: 'response', tokens: null, depth: 0 };
  const tokens = Object.hasOwn(event, 'logprobs') ? event : null;
  const { response, delta } = event;
  const others = Object.keys(event).filter((name) => name !== 'response');

  if (isObject(response)) {
    walk.members(
      response,
      { ...place, depth: 1 },
      Object.keys(response).filter((name) => !ofTheCaller.has(name)),
    );
  }
  if (/\.delta$/.test(type) && delta !== undefined) {
    const of = type.slice(0, -'.delta'.length);
    const channel = channelOf(event, of);
    if (/audio$/.test(of)) walk.refuse('media');
    else if (typeof delta === 'string') {
      walk.leaf(event, 'delta', delta, { ...place, channel, tokens }, /arguments$/.test(of));
    } else walk.value(delta, { ...place, channel });
  }
  walk.members(
    event,
    place,
    others.filter((name) => name !== 'delta'),
  );
  return walk.texts(/\.done$/.test(type) ? channelOf(event, type.slice(0, -'.done'.length)) : null);
}
