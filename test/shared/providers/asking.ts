/** A provider of the gateway's own making in front of a scripted one, and what a call to it needs. */
import { createHook } from 'node:async_hooks';
import type { SettingsOf } from '../../../shared/providers/kinds.ts';
import { openaiProvider } from '../../../shared/providers/openai-provider.ts';
import type { Provider, UpstreamRequest } from '../../../shared/providers/provider.ts';

export const context = {
  credentials: async () => undefined,
  awsCredentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
  now: () => Date.parse('2026-11-22T10:00:00Z'),
  newId: (prefix: string) => `${prefix}1`,
};

export const providerAt = (baseURL: string, timeouts: SettingsOf<'openai'>['timeouts'] = {}): Provider =>
  openaiProvider({ kind: 'openai', baseURL, timeouts }, context);

export const asking = (
  body: Record<string, unknown> = {},
  signal: AbortSignal = new AbortController().signal,
): UpstreamRequest => ({
  endpoint: '/chat/completions',
  body: { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }], ...body },
  headers: {},
  signal,
});

export const read = async (chunks: AsyncIterable<Uint8Array>): Promise<string> => {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString('utf8');
};

type Clock = { readonly _idleTimeout: number; readonly _destroyed: boolean };

/** Counts the clocks that run for longer than so long: timers and sockets' own, of whoever made them since. */
export function watchClocks(longerThanMs: number) {
  const clocks = new Set<Clock>();
  const hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'Timeout') clocks.add(resource as Clock);
    },
  }).enable();
  return {
    running: () => [...clocks].filter((clock) => !clock._destroyed && clock._idleTimeout > longerThanMs).length,
    stop: () => hook.disable(),
  };
}
