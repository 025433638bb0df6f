/** A provider whose code is loaded when it is first asked, and is in a bundle only where the configuration names its kind. */
import type { Provider } from './provider.ts';

export function lazyProvider(load: () => Promise<Provider>): Provider {
  let loaded: Promise<Provider> | undefined;
  const provider = () => {
    loaded ??= load();
    return loaded;
  };
  return {
    whole: async (request) => (await provider()).whole(request),
    stream: async (request) => (await provider()).stream(request),
  };
}
