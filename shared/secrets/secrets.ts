/** The secrets of the gateway itself and of its providers. */
import type { Peppers } from '../keys/digest.ts';

export interface Secrets {
  /** The root admin key. */
  adminKey(): Promise<string>;
  peppers(): Promise<Peppers>;
  /** A provider's key by the name that `apiKeyEnv` gives it; `refresh` reads past the cache. */
  providerKey(name: string, refresh: boolean): Promise<string | undefined>;
}
