/** Which headers travel, in either direction: those named here and no others. */
import { callersTrace } from '../observability/trace-context.ts';

const outgoing = ['x-client-request-id'] as const;
const incoming = ['openai-processing-ms', 'openai-version', 'retry-after', 'retry-after-ms'] as const;

/** A header value that cannot start a header of its own, and is not longer than anyone needs. */
const harmless = /^[\x20-\x7e]{1,512}$/;
export const isHarmlessValue = (value: string): boolean => harmless.test(value);

type Lookup = (name: string) => string | null | undefined;

const pick = (names: readonly string[], lookup: Lookup): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = lookup(name);
      return value && isHarmlessValue(value) ? [[name, value]] : [];
    }),
  );

/** From the caller to the provider: the trace, where it is one, among them. Names are lower case, as the pipeline makes them. */
export const outgoingHeaders = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> => ({
  ...callersTrace(headers)?.headers,
  ...pick(outgoing, (name) => headers[name]),
});

/** From the provider to the caller. */
export const incomingHeaders = (headers: Headers | undefined): Record<string, string> =>
  headers ? pick(incoming, (name) => headers.get(name)) : {};
