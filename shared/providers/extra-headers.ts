/** Headers that a provider gets besides the gateway's own: a proxy's routing, a project to be billed. */
import * as z from 'zod/mini';
import { isHarmlessValue } from './headers.ts';

const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** They say who asks, where, or how the message is framed: the gateway's business, and part of a signature. */
const ours = new Set([
  'accept',
  'accept-encoding',
  'api-key',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'host',
  'keep-alive',
  'openai-organization',
  'openai-project',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
]);
const oursByPrefix = /^(proxy|sec|x-amz|x-forwarded|x-goog-api|x-stainless)-/;

const isOurs = (name: string): boolean => ours.has(name) || oursByPrefix.test(name);

export const extraHeadersSchema = z
  .record(
    z.string().check(z.regex(namePattern, 'must be the name of a header, in lower case')),
    z.string().check(z.refine(isHarmlessValue, 'must be printable ASCII, 512 characters at the most')),
  )
  .check((context) => {
    for (const name of Object.keys(context.value).filter(isOurs)) {
      const message = 'is set by the gateway and cannot be set here';
      context.issues.push({ code: 'custom', input: context.value, path: [name], message });
    }
  });
