/**
 * Items of a response's output while they come into being. Each tells what happens
 * to it in the order that OpenAI documents, and what it is when it is over.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
type JsonObject = Readonly<Record<string, unknown>>;

/** Tells of something that happens: the type of the event, and its members. */
export type Tell = (type: string, members: JsonObject) => void;

export type ItemPlace = { readonly id: string; readonly index: number; readonly tell: Tell };

export type ItemStatus = 'completed' | 'incomplete';

export type OpenItem = {
  /** In the output. */
  readonly index: number;
  /** The item as it is then. Called once. */
  readonly close: (status: ItemStatus) => JsonObject;
};

export type OpenMessage = OpenItem & {
  readonly text: (delta: string, logprobs: readonly unknown[]) => void;
  readonly refusal: (delta: string) => void;
};

type OpenPart = { readonly type: 'output_text' | 'refusal'; readonly texts: string[]; readonly logprobs: unknown[] };

function partOf({ type, texts, logprobs }: OpenPart): JsonObject {
  const text = texts.join('');
  return type === 'refusal' ? { type, refusal: text } : { type, annotations: [], logprobs, text };
}

export function openMessage({ id, index, tell }: ItemPlace): OpenMessage {
  const item = { id, type: 'message', role: 'assistant' };
  const content: JsonObject[] = [];
  let open: OpenPart | null = null;
  const at = () => ({ item_id: id, output_index: index, content_index: content.length });
  tell('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress', content: [] } });

  const closePart = () => {
    if (!open) return;
    const part = partOf(open);
    if (open.type === 'refusal') tell('response.refusal.done', { ...at(), refusal: part['refusal'] });
    else tell('response.output_text.done', { ...at(), text: part['text'], logprobs: open.logprobs });
    tell('response.content_part.done', { ...at(), part });
    content.push(part);
    open = null;
  };
  const openPart = (type: OpenPart['type']): OpenPart => {
    if (open?.type === type) return open;
    closePart();
    open = { type, texts: [], logprobs: [] };
    tell('response.content_part.added', { ...at(), part: partOf(open) });
    return open;
  };

  return {
    index,
    text: (delta, logprobs) => {
      const part = openPart('output_text');
      part.texts.push(delta);
      for (const logprob of logprobs) part.logprobs.push(logprob);
      if (delta !== '') tell('response.output_text.delta', { ...at(), delta, logprobs });
    },
    refusal: (delta) => {
      openPart('refusal').texts.push(delta);
      tell('response.refusal.delta', { ...at(), delta });
    },
    close: (status) => {
      closePart();
      const closed = { ...item, status, content };
      tell('response.output_item.done', { output_index: index, item: closed });
      return closed;
    },
  };
}

export type OpenReasoning = OpenItem & { readonly text: (delta: string) => void };

/** What a provider shows of a model's reasoning is the reasoning itself, and no summary of it. */
export function openReasoning({ id, index, tell }: ItemPlace): OpenReasoning {
  const item = { id, type: 'reasoning', summary: [] };
  const at = { item_id: id, output_index: index, content_index: 0 };
  const texts: string[] = [];
  const part = () => ({ type: 'reasoning_text', text: texts.join('') });
  tell('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress', content: [] } });
  tell('response.content_part.added', { ...at, part: part() });
  return {
    index,
    text: (delta) => {
      texts.push(delta);
      tell('response.reasoning_text.delta', { ...at, delta });
    },
    close: (status) => {
      const { text } = part();
      tell('response.reasoning_text.done', { ...at, text });
      tell('response.content_part.done', { ...at, part: part() });
      const closed = { ...item, status, content: [part()] };
      tell('response.output_item.done', { output_index: index, item: closed });
      return closed;
    },
  };
}

export type CallOf = {
  /** The provider's own id of the call, which the tool's result comes back with. */
  readonly callId: string;
  readonly name: string;
  /** Of a tool that takes any text, where functions take JSON. */
  readonly custom: boolean;
};

export type OpenCall = OpenItem & { readonly input: (delta: string) => void };

export function openCall({ id, index, tell }: ItemPlace, { callId, name, custom }: CallOf): OpenCall {
  const type = custom ? 'custom_tool_call' : 'function_call';
  const input = custom ? 'input' : 'arguments';
  const event = custom ? 'response.custom_tool_call_input' : 'response.function_call_arguments';
  const at = { item_id: id, output_index: index };
  const texts: string[] = [];
  const item = (status: string) => ({ id, type, status, call_id: callId, name, [input]: texts.join('') });
  tell('response.output_item.added', { output_index: index, item: item('in_progress') });
  const add = (delta: string) => {
    texts.push(delta);
    tell(`${event}.delta`, { ...at, delta });
  };
  return {
    index,
    input: add,
    close: (status) => {
      // Functions without parameters are called with nothing by some, which is no JSON.
      if (texts.length === 0 && !custom && status === 'completed') add('{}');
      const closed = item(status);
      tell(`${event}.done`, { ...at, [input]: closed[input] });
      tell('response.output_item.done', { output_index: index, item: closed });
      return closed;
    },
  };
}
