/** What a stream has said, put together: a log of single words would tell of e-mail addresses that no pattern finds. */
import { gathered } from '../cache/assemble.ts';
import { dataOf, framesOf } from '../streaming/frames.ts';
import { type Parsed, parsedData } from '../streaming/relayed-stream.ts';

const isResponseEnd = /^response\.(?:completed|incomplete|failed)$/;
/** What tells the texts of one response apart. */
const places = ['item_id', 'output_index', 'content_index', 'summary_index'] as const;

type Draft = { readonly type: string; readonly place: Parsed; text: string };

/** The texts of a response that has no end, in the order in which they began. */
function drafts(events: readonly Parsed[]): object[] {
  const found = new Map<string, Draft>();
  for (const event of events) {
    const { type, delta } = event;
    if (typeof type !== 'string' || !type.endsWith('.delta') || typeof delta !== 'string') continue;
    const at = places.map((name) => event[name]);
    const key = JSON.stringify([type, ...at]);
    const place = Object.fromEntries(places.flatMap((name) => (name in event ? [[name, event[name]]] : [])));
    const draft = found.get(key) ?? { type: type.slice(0, -'.delta'.length), place, text: '' };
    draft.text += delta;
    found.set(key, draft);
  }
  return [...found.values()].map(({ type, place, text }) => ({ type, ...place, text }));
}

const isFailure = (event: Parsed): boolean => Boolean(event['error']) || event['type'] === 'error';
const failureOf = (event: Parsed): object => ({ error: event['error'] ?? event });

const eventOf = (frame: Buffer): Parsed => parsedData(dataOf(frame) ?? '');

function saidInResponse(events: readonly Parsed[]): object {
  const end = events.findLast(({ type }) => typeof type === 'string' && isResponseEnd.test(type));
  const failure = events.find(isFailure);
  return { ...(end ? Object(end['response']) : { output: drafts(events) }), ...(failure && failureOf(failure)) };
}

function saidInChat(stream: Buffer, last: Parsed): object {
  return { ...gathered(stream).completion, ...(isFailure(last) && failureOf(last)) };
}

/** Before the first event there may be comments, which keep the connection open. */
const typeOf = (frames: readonly Buffer[]): unknown => {
  const first = frames.find((frame) => dataOf(frame) !== null);
  return first && eventOf(first)['type'];
};

export function saidInStream(stream: Buffer): object {
  const frames = [...framesOf(stream)];
  if (String(typeOf(frames)).startsWith('response.')) return saidInResponse(frames.map(eventOf));
  // An error is the last that is said.
  return saidInChat(stream, eventOf(frames.at(-1) ?? Buffer.alloc(0)));
}
