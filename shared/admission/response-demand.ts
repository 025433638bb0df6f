/** What a response asks for. https://platform.openai.com/docs/api-reference/responses/create */
import { paramOf } from '../http/param.ts';
import { asList, asNumber, type Body, member } from './body-members.ts';
import { type InputParts, type Media, withoutPrice } from './input-bound.ts';

/** Of which a model sees a picture. What was made by a tool before is looked at like any other. */
const imageTypes = new Set<unknown>(['input_image', 'computer_screenshot', 'image_generation_call']);

function addMedia(value: unknown, media: Media): void {
  if (Array.isArray(value)) for (const one of value) addMedia(one, media);
  else if (typeof value === 'object' && value !== null) {
    const { type, image_url: url } = value as Body;
    if (type === 'input_audio') media.audio = true;
    else if (type === 'input_file') media.unbounded = true;
    else if (imageTypes.has(type)) {
      media.images += 1;
      if (typeof url === 'string' && url.startsWith('data:')) media.dataBytes += url.length;
    }
    for (const one of Object.values(value)) addMedia(one, media);
  }
}

/** Wherever they stand: in messages, and in what tools put out. Bodies are at most 64 levels deep. */
function mediaIn(input: unknown): Media {
  const media: Media = { images: 0, dataBytes: 0, audio: false, unbounded: false };
  addMedia(input, media);
  return media;
}

export function responseInput(body: Body): InputParts {
  const { input } = body;
  return {
    param: 'input',
    entries: asList(input).length + 1,
    tools: asList(body['tools']).length,
    media: mediaIn(input),
  };
}

/** `max_output_tokens` is of all that the model puts out, its reasoning and its calls of tools included. */
export const responseOutput = (body: Body) => ({
  maxima: [asNumber(body['max_output_tokens'])].filter((max) => max !== undefined),
  choices: 1,
  predicted: 0,
});

export const responseWithMaximum = (body: Body, max: number): Body => ({ ...body, max_output_tokens: max });

/** The caller's own side runs them, and a request goes through the model once. */
const runByCaller = new Set<unknown>(['function', 'custom', 'namespace', 'apply_patch', 'local_shell']);

/** A shell is the caller's own, or else a container, which is charged by the time. */
const isRunByCaller = (tool: unknown): boolean =>
  runByCaller.has(member(tool, 'type')) ||
  (member(tool, 'type') === 'shell' && member(member(tool, 'environment'), 'type') === 'local');

/**
 * An allow-list: what a provider runs by itself is charged by the call, or reads for the same request an input that
 * nobody knows before.
 */
function refuseTools(path: readonly (string | number)[], tools: unknown): void {
  for (const [index, tool] of asList(tools).entries()) {
    const place = [...path, index];
    if (!isRunByCaller(tool)) {
      throw withoutPrice(
        paramOf([...place, 'type']),
        'Tools that the model provider runs are not served: they are charged by the call. Functions, custom tools, local shells and apply_patch are.',
      );
    }
    refuseTools([...place, 'tools'], member(tool, 'tools'));
  }
}

/** Stored at the provider, whose account is shared by all; or an order to work on more than this. */
const refusedItems: ReadonlyMap<unknown, string> = new Map([
  ['item_reference', 'Items that are stored at the model provider are not served. Send the item itself.'],
  ['compaction_trigger', 'Compaction by the model provider is not served.'],
]);

/** As providers have it: an item without a type is a message, or refers to another by its id. */
const typeOf = (item: unknown): unknown =>
  member(item, 'type') ?? (member(item, 'role') === undefined ? 'item_reference' : 'message');

export function refuseUnpricedResponse(body: Body): void {
  // Of chat; a provider that knows it here as well would answer more than once.
  if (body['n'] != null && body['n'] !== 1) throw withoutPrice('n', 'A response has one answer.');
  refuseTools(['tools'], body['tools']);
  for (const [index, item] of asList(body['input']).entries()) {
    const refusal = refusedItems.get(typeOf(item));
    if (refusal !== undefined) throw withoutPrice(paramOf(['input', index]), refusal);
    refuseTools(['input', index, 'tools'], toolsOf(item));
  }
}

/** Tools may be added in the midst of the input. Lists of what another server has are history. */
const toolsOf = (item: unknown): unknown => (typeOf(item) === 'mcp_list_tools' ? null : member(item, 'tools'));
