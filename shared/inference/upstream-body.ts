/** The body of a request as it goes to a provider. */
import type { ModelRequest } from './attempts.ts';

type Body = ModelRequest['body'];

/** What the gateway does itself: it keeps histories and runs what is in the background, and has put into the input what they say. */
const doneHere = new Set(['previous_response_id', 'conversation', 'background', 'metadata']);

const withoutOurs = (body: Body) => Object.fromEntries(Object.entries(body).filter(([name]) => !doneHere.has(name)));

/** `model`: the provider's own name of it. A provider that kept a response would keep it for everyone with the gateway's key. */
export const upstreamBody = ({ kind, body, streamed }: ModelRequest, model: string): Body =>
  kind === 'responses'
    ? { ...withoutOurs(body), model, store: false, ...(streamed && { stream: true }) }
    : { ...body, model };
