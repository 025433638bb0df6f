/** Which members of a request are something else than text. Everything that is not named here is text. */

/** How the members of one part of a request are to be understood. */
export type MemberRules = {
  /** Their values name something that stands elsewhere, or choose among what the API knows. */
  readonly identifiers: ReadonlySet<string>;
  /** Do ids, images and data stand in it, as they do in the API's own objects? */
  readonly ofTheApi: boolean;
};

const chosen = [
  'type',
  'role',
  'name',
  'mode',
  'detail',
  'format',
  'syntax',
  'definition',
  'status',
  'phase',
  'execution',
  'environment',
  'namespace',
  'server_label',
  'effort',
  'summary',
  'verbosity',
  'voice',
  'search_context_size',
  'ttl',
  'stop',
  'tool_choice',
  'function_call',
  'reasoning_effort',
  'service_tier',
  'modalities',
  'prompt_cache_retention',
];

/** https://json-schema.org/understanding-json-schema/keywords */
const ofSchemas = [
  'required',
  'enum',
  'const',
  'pattern',
  '$ref',
  '$id',
  '$anchor',
  '$schema',
  '$defs',
  'propertyName',
];

export const objectsOfTheApi: MemberRules = { identifiers: new Set(chosen), ofTheApi: true };
export const definitions: MemberRules = { identifiers: new Set([...chosen, ...ofSchemas]), ofTheApi: false };
/** Whatever the caller puts there is text. */
export const anything: MemberRules = { identifiers: new Set(), ofTheApi: false };

/** What the API and JSON Schema themselves say, which is no text of anybody's. */
export const wellKnown: ReadonlySet<string> = new Set([
  ...chosen,
  ...ofSchemas,
  'messages',
  ...[
    'content',
    'text',
    'refusal',
    'function',
    'function_call',
    'functions',
    'tool_calls',
    'tool_call_id',
    'id',
    'custom',
  ],
  ...['arguments', 'input', 'output', 'parameters', 'description', 'strict', 'schema', 'json_schema', 'json_object'],
  ...['properties', 'items', 'additionalProperties', 'title', 'default', 'examples', 'anyOf', 'oneOf', 'allOf', 'not'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'nullable'],
  ...['object', 'array', 'string', 'number', 'integer', 'boolean', 'null', 'date', 'date-time', 'email', 'uri', 'uuid'],
  ...['user', 'assistant', 'system', 'developer', 'tool', 'image_url', 'url', 'input_audio', 'audio', 'data', 'file'],
  ...['file_data', 'file_id', 'filename', 'message', 'input_text', 'output_text', 'input_image', 'input_file'],
  ...['call_id', 'reasoning', 'reasoning_text', 'summary_text', 'annotations', 'function_call_output', 'completed'],
  ...[
    'auto',
    'none',
    'required',
    'low',
    'medium',
    'high',
    'minimal',
    'allowed_tools',
    'tools',
    'grammar',
    'lark',
    'regex',
  ],
  ...['prompt_cache_breakpoint', 'logprobs', 'wav', 'mp3', 'json', 'markdown', 'explicit'],
  ...[
    'temperature',
    'top_p',
    'n',
    'seed',
    'stream',
    'stream_options',
    'max_tokens',
    'max_completion_tokens',
    'logit_bias',
  ],
  ...['presence_penalty', 'frequency_penalty', 'response_format', 'metadata', 'store', 'prediction', 'dimensions'],
  ...[
    'safety_identifier',
    'prompt_cache_key',
    'parallel_tool_calls',
    'top_logprobs',
    'encoding_format',
    'float',
    'base64',
  ],
]);

export const isIdName = (name: string): boolean => name === 'id' || name.endsWith('_id') || name.endsWith('_ids');
const isId = (value: string): boolean => /^[\w.:-]{1,128}$/.test(value);

const dataNames = new Set(['data', 'encrypted_content', 'result', 'fingerprint']);
const isData = (value: string): boolean => value.length >= 64 && /^[\w+/=-]+$/.test(value);

/** Is this member of an object of the API an id, or data that is no text? Only where it looks like that, too. */
export const isNoText = (name: string, value: string): boolean =>
  (isIdName(name) && isId(value)) || (dataNames.has(name) && isData(value));

/** A name of a few digits is a place in a list, or a token of `logit_bias`. */
export const saysNothing = (name: string): boolean => wellKnown.has(name) || /^\d{0,6}$/.test(name);
