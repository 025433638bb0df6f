/** Tells a provider in words what it cannot be told otherwise. */
import { type StructuredOutputs, withInstructedFormat } from './instructed-format.ts';
import type { Provider } from './provider.ts';

export const instructingProvider = (provider: Provider, can: StructuredOutputs): Provider => ({
  whole: async (request) => provider.whole(withInstructedFormat(request, can)),
  stream: async (request) => provider.stream(withInstructedFormat(request, can)),
});
