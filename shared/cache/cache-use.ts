/** Whether a request has to do with the cache at all, and what it may do with it. Pure. */
import { GatewayError } from '../errors.ts';
import type { ModelRequest } from '../inference/attempts.ts';
import type { ProjectPolicy } from '../limits/limits.ts';
import { type CacheControl, readCacheControl } from './cache-control.ts';

export type CacheUse =
  /** Nobody has asked for it: not a header tells of it, and not an operation is spent on it. */
  | { readonly use: 'none' }
  /** It was asked for, and this request cannot have it. */
  | { readonly use: 'bypass'; readonly onlyIfCached: boolean }
  | {
      readonly use: 'cache';
      /** The project's, that keys are made with. */
      readonly secret: string;
      readonly read: boolean;
      readonly onlyIfCached: boolean;
      readonly maxAgeSeconds: number | null;
    };

type Headers = Readonly<Record<string, string | undefined>>;
type Request = Pick<ModelRequest, 'kind' | 'body'>;

/** A request speaks for itself; where it says nothing, its project does. */
function isWanted(headers: Headers, { resilience }: Pick<ProjectPolicy, 'resilience'>): boolean {
  const said = headers['x-sluice-cache']?.trim().toLowerCase();
  if (said === undefined) return resilience.cache === 'on';
  if (said !== 'on' && said !== 'off') {
    throw new GatewayError('invalid_request', { message: "The header x-sluice-cache is either 'on' or 'off'." });
  }
  return said === 'on';
}

/**
 * Is the answer all that the request is for? Not where the provider is to keep it: from the cache it
 * would not. And a moderation's verdict is to be today's. What looks at the world, and sound, are not served at all.
 */
const isRepeatable = ({ kind, body }: Request): boolean =>
  kind === 'embeddings' || (kind === 'completions' && body['store'] !== true);

export function cacheUse(
  policy: Pick<ProjectPolicy, 'resilience' | 'cacheSecret'>,
  headers: Headers,
  request: Request,
): CacheUse {
  if (!isWanted(headers, policy)) return { use: 'none' };
  const { noStore, noCache, onlyIfCached, maxAgeSeconds }: CacheControl = readCacheControl(headers['cache-control']);
  const secret = policy.cacheSecret;
  if (noStore || secret === null || !isRepeatable(request)) return { use: 'bypass', onlyIfCached };
  return { use: 'cache', secret, read: !noCache, onlyIfCached, maxAgeSeconds };
}
