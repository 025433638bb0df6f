/** The texts in a piece of JSON from a provider: every string of which it is not known that it is none. */

export type JsonObject = { [name: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export type TextLeaf = {
  /** Pieces of the same name are pieces of one text. Null: it is a text by itself. */
  readonly channel: string | null;
  /** Texts of one speaker come one after the other: where the next begins, the one before is over. */
  readonly speaker: string;
  /** It is JSON that a model wrote. */
  readonly json: boolean;
  readonly text: string;
  readonly replace: (text: string) => void;
  /** What has the probabilities of this text's tokens, which say it once more. */
  readonly tokens: JsonObject | null;
};

/** What nobody can look at: sound and pictures, or what might be text and is not where text is, or too deep. */
export type Unreadable = 'media' | 'text' | null;

export type Texts = {
  readonly leaves: readonly TextLeaf[];
  readonly unreadable: Unreadable;
  /** The channel that is over with this. */
  readonly ends: string | null;
  /** What has probabilities of tokens, and no text that they would be of. */
  readonly untoldTokens: readonly JsonObject[];
};

export type Place = {
  /** Null: what is here are texts by themselves. */
  readonly channel: string | null;
  readonly speaker: string;
  readonly tokens: JsonObject | null;
  readonly depth: number;
};

const maxDepth = 64;

/** Words of the protocol, and what is opaque to everyone but the provider. */
const machinery = new Set([
  'role',
  'id',
  'type',
  'object',
  'status',
  'format',
  'phase',
  'finish_reason',
  'obfuscation',
  'signature',
  'thought_signature',
  'encrypted_content',
]);

const isMachinery = (name: string, owner: JsonObject): boolean =>
  machinery.has(name) || name.endsWith('_id') || (name === 'data' && owner['type'] === 'reasoning.encrypted');

/** Sent once, and not in pieces. */
const inOnePiece = new Set(['name', 'annotations']);

const isJson = (name: string): boolean => name === 'arguments';

const isMedia = (name: string, text: string, path: string | null, owner: JsonObject): boolean =>
  name === 'b64_json' ||
  name === 'partial_image_b64' ||
  (name === 'data' && (owner['transcript'] !== undefined || path?.endsWith('.audio') === true)) ||
  (name === 'result' && owner['type'] === 'image_generation_call') ||
  (/^(?:url|image_url|file_data)$/.test(name) && text.startsWith('data:'));

export function createTextWalk() {
  const leaves: TextLeaf[] = [];
  const owners = new Set<JsonObject>();
  let unreadable: Unreadable = null;

  function leaf(owner: JsonObject | unknown[], name: string | number, text: string, place: Place, json: boolean): void {
    if (text === '') return;
    const replace = (instead: string): void => {
      (owner as JsonObject)[name] = instead;
    };
    leaves.push({ channel: place.channel, speaker: place.speaker, json, text, replace, tokens: place.tokens });
  }

  function refuse(what: Unreadable): void {
    if (unreadable !== 'text') unreadable = what ?? unreadable;
  }

  function list(items: unknown[], place: Place): void {
    for (const [position, item] of items.entries()) {
      const index = isObject(item) && typeof item['index'] === 'number' ? item['index'] : position;
      const below = { ...place, channel: place.channel && `${place.channel}[${index}]`, depth: place.depth + 1 };
      if (typeof item === 'string') leaf(items, position, item, below, false);
      else value(item, below);
    }
  }

  function value(thing: unknown, place: Place): void {
    if (place.depth > maxDepth) unreadable = 'text';
    else if (Array.isArray(thing)) list(thing, place);
    else if (isObject(thing)) members(thing, place, Object.keys(thing));
  }

  /** The members of those names. */
  function members(owner: JsonObject, place: Place, names: readonly string[]): void {
    const tokens = Object.hasOwn(owner, 'logprobs') ? owner : place.tokens;
    if (tokens === owner && owner['logprobs']) owners.add(owner);
    for (const name of names) {
      const thing = owner[name];
      if (name === 'logprobs') continue;
      const channel = place.channel === null || inOnePiece.has(name) ? null : `${place.channel}.${name}`;
      const below = { ...place, channel, tokens, depth: place.depth + 1 };
      if (typeof thing !== 'string') value(thing, below);
      else if (isMedia(name, thing, place.channel, owner)) refuse(thing === '' ? null : 'media');
      else if (!isMachinery(name, owner)) leaf(owner, name, thing, below, isJson(name));
    }
  }

  return {
    leaf,
    value,
    members,
    refuse,
    texts: (ends: string | null = null): Texts => ({
      leaves,
      unreadable,
      ends,
      untoldTokens: [...owners].filter((owner) => !leaves.some(({ tokens }) => tokens === owner)),
    }),
  };
}

/** Of tokens, only those are left that say what the text beside them says. */
export function forgetTokens(owner: JsonObject): void {
  if (owner['logprobs']) owner['logprobs'] = Array.isArray(owner['logprobs']) ? [] : null;
}
