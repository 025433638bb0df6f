/**
 * Calls a tool's webhook: once more where the first time has brought no answer. The name of its host is resolved here,
 * every address it has is checked, and the connection is made to one of those and to no other, so that a name which
 * leads elsewhere a moment later changes nothing (THREATS 4, docs/adr/0066).
 */
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Pause } from '../pause.ts';
import { answered, failed, maxToolBytes, type TargetAnswer, tooLarge } from './target-answer.ts';
import { literalAddress, type TargetRules, targetUrlProblem } from './target-url.ts';
import { unlessAborted } from './time-limit.ts';

export type Address = { readonly address: string; readonly family: number };

export type CallWebhookDeps = {
  /** All addresses of a name. */
  readonly resolve: (name: string) => Promise<readonly Address[]>;
  readonly rules: () => Promise<TargetRules>;
  readonly pause: Pause;
  /** Authorities that are trusted in place of the public ones. */
  readonly ca?: string;
};

export type WebhookCall = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Rejects when the signal fires. */
export type CallWebhook = (call: WebhookCall, signal: AbortSignal) => Promise<TargetAnswer>;

const betweenCallsMs = 200;

/** Somebody in front of the tool who has not reached it, or a tool that says that it has done nothing. */
const worthAnotherCall = [502, 503, 504];

const refusedTarget = () => failed('refused_target', 'The tool is at an address that the gateway does not call.');
const unreachable = () => failed('unreachable', 'The tool could not be reached.', true);

export function createCallWebhook(deps: CallWebhookDeps): CallWebhook {
  const once = async (call: WebhookCall, signal: AbortSignal): Promise<TargetAnswer> => {
    const rules = await deps.rules();
    if (targetUrlProblem(call.url, rules) !== null) return refusedTarget();
    const url = new URL(call.url);
    const addresses = await unlessAborted(addressesOf(url, deps), signal).catch(noneUnless(signal));
    if (addresses.length === 0) return unreachable();
    // All of them: a name that has a public address and a private one was made to be tried until the other comes.
    if (!addresses.every(({ address }) => rules.isAllowedAddress(address))) return refusedTarget();
    return exchanged(url, call, pinnedTo(addresses), deps.ca, signal);
  };

  return async (call, signal) => {
    const first = await once(call, signal);
    if (first.kind !== 'failed' || !first.again) return first;
    await deps.pause(betweenCallsMs, signal);
    signal.throwIfAborted();
    return once(call, signal);
  };
}

/** A name that leads nowhere has no addresses. */
const noneUnless =
  (signal: AbortSignal) =>
  (error: unknown): [] => {
    if (signal.aborted) throw error;
    return [];
  };

async function addressesOf(url: URL, { resolve }: CallWebhookDeps): Promise<readonly Address[]> {
  const literal = literalAddress(url);
  return literal === null ? resolve(url.hostname) : [{ address: literal, family: literal.includes(':') ? 6 : 4 }];
}

/** In place of the resolver: what has been checked, in whichever of its two forms Node asks. */
const pinnedTo =
  (addresses: readonly Address[]): LookupFunction =>
  (_name, { all }, done) => {
    const [first] = addresses;
    if (all) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };

async function exchanged(
  url: URL,
  { headers, body }: WebhookCall,
  lookup: LookupFunction,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<TargetAnswer> {
  const options = {
    method: 'POST',
    headers: { ...headers, 'accept-encoding': 'identity', 'content-length': Buffer.byteLength(body) },
    lookup,
    // A connection of its own: one that is kept might have been made when the name led elsewhere.
    agent: false,
    ...(ca !== undefined && { ca }),
  };
  let message: IncomingMessage | undefined;
  try {
    message = await sent(url, options, body, signal);
    return await readAnswer(message, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isGarbled(error)) return failed('error', 'The tool answered with something that is not HTTP.');
    return message ? failed('error', 'The tool broke off in the midst of its answer.') : unreachable();
  } finally {
    message?.destroy();
  }
}

/** It has been called and has said something, which is no reason to call it again. */
const isGarbled = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('HPE_');

/** The answer's headers. Redirects are not followed: they would lead past all that was checked. */
function sent(url: URL, options: RequestOptions, body: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? secureRequest : plainRequest;
    const request = start(url, options);
    const abort = () => request.destroy(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    request.once('close', () => {
      signal.removeEventListener('abort', abort);
      // One that would go on in another protocol (101) is closed without an error.
      reject(new Error('closed before an answer'));
    });
    request.once('response', resolve);
    // It may break a second time, when nobody waits for it any more.
    request.on('error', reject);
    if (signal.aborted) abort();
    else request.end(body);
  });
}

async function readAnswer(message: IncomingMessage, signal: AbortSignal): Promise<TargetAnswer> {
  const { statusCode = 0, headers } = message;
  if (statusCode >= 300 && statusCode < 400) {
    return failed('error', 'The tool answered with a redirect, and those are not followed.');
  }
  if (statusCode < 200 || statusCode >= 300) {
    return failed('error', `The tool failed with the status ${statusCode}.`, worthAnotherCall.includes(statusCode));
  }
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return failed('error', 'The tool answered with a compressed body.');
  if (Number(headers['content-length'] ?? 0) > maxToolBytes) return tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxToolBytes) return tooLarge();
    chunks.push(chunk);
    signal.throwIfAborted();
  }
  return answered(Buffer.concat(chunks));
}
