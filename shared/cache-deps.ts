/** The composition root goes on: what has been answered before. */
import type { BodyStore } from './bodies/body-store.ts';
import { dynamoCacheStore } from './cache/cache-store.ts';
import { createFlights } from './cache/flights.ts';
import type { Caching } from './cache/plan.ts';
import { createResponseCache } from './cache/response-cache.ts';
import type { ResolvedConfig } from './catalogue/resolved-config.ts';
import type { Live } from './deps.ts';
import { guardrailVersion } from './safety/guardrail-version.ts';
import { safetyOf } from './safety/policy.ts';

/** Of functions whose routes have the table: the others never give an answer again. */
export function cachingOf(
  root: Live,
  bodiesOf: (root: Live) => BodyStore,
  { resilience, defaults }: Pick<ResolvedConfig, 'resilience' | 'defaults'>,
  newId: (prefix: string) => string,
): Caching {
  const { env, db, log, now } = root;
  const { responseCache } = env.tables;
  const cache = responseCache
    ? createResponseCache({ store: dynamoCacheStore(db, responseCache), bodies: bodiesOf(root), log, now, newId })
    : null;
  return {
    cache,
    flights: createFlights(),
    lifetime: resilience.cache,
    guardrailVersion: ({ safety }) => guardrailVersion(safetyOf(defaults.safety, safety.wishes)),
  };
}
