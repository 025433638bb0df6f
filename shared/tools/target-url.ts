/**
 * Where a webhook may be, as far as its address tells (THREATS 4). Where a name leads is seen at every call, by the
 * connection itself: call-webhook.ts. The parser of URLs makes plain addresses of decimal, octal, hexadecimal, short and
 * full-width ones, so those that are looked at here are what would be connected to.
 */
export const maxUrlLength = 2_048;

/** One machine may be told to call itself; the stack never is. */
export type TargetRules = {
  readonly allowsLoopback: boolean;
  /** Of a literal address. */
  readonly isAllowedAddress: (address: string) => boolean;
};

/** Names that mean this machine or this network, whatever a resolver makes of them. */
const localNames = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/;

/** The address in a URL's host; null where it is a name. */
export function literalAddress({ hostname }: URL): string | null {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^[0-9.]+$/.test(hostname) ? hostname : null;
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');

/** What is wrong with it, in words for whoever registers it; null where nothing is. */
export function targetUrlProblem(text: string, { allowsLoopback, isAllowedAddress }: TargetRules): string | null {
  const url = URL.parse(text);
  if (!url || text.length > maxUrlLength) return 'it must be a URL, such as https://tools.example.com/weather';
  if (url.username !== '' || url.password !== '') return 'it must hold no credentials: calls are signed instead';
  if (allowsLoopback && isLoopback(url) && ['http:', 'https:'].includes(url.protocol)) return null;
  if (url.protocol !== 'https:') return 'it must begin with https://';
  if (url.hash !== '') return 'it must have no fragment';
  const { hostname } = url;
  const address = literalAddress(url);
  if (address !== null) return isAllowedAddress(address) ? null : 'its address is private, reserved or local';
  if (hostname.endsWith('.')) return 'the name of its host must not end in a dot';
  if (!hostname.includes('.') || localNames.test(hostname)) return 'the name of its host is a local one';
  return null;
}
