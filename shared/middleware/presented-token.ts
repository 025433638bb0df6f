import type { GatewayEvent } from '../http/event.ts';

/** More than any key has. A longer header is not looked at. */
export const maxTokenLength = 512;

/** `Authorization: Bearer` first, as the SDKs send it, then the headers that other clients use. */
export function presentedToken({ headers }: GatewayEvent): string | null {
  const authorization = headers['authorization'];
  if (authorization !== undefined)
    return /^Bearer +(\S+)$/i.exec(authorization.slice(0, maxTokenLength + 16))?.[1] ?? null;
  return headers['x-api-key'] ?? headers['api-key'] ?? null;
}
