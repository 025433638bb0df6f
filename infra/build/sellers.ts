/** Under whose name the catalogue of prices has a configured provider, and how it calls the models there. */
import { findProvider, type Provider } from '@pydantic/genai-prices';
import type { ProviderSettings } from '../../shared/providers/kinds.ts';

export type Seller = { readonly provider: Provider | undefined; readonly model: string };

export function sellerOf(settings: ProviderSettings | undefined, model = ''): Seller {
  switch (settings?.kind) {
    case 'openai':
      return { provider: findProvider({ providerApiUrl: settings.baseURL }), model };
    // By its name, a deployment is taken for the model that it is called after; others need a price of their own.
    case 'azure':
      return { provider: findProvider({ providerId: 'azure' }), model };
    case 'bedrock':
      return { provider: findProvider({ providerId: 'aws' }), model };
    // Other publishers' models are no part of Google's list.
    case 'vertex':
      return { provider: findProvider({ providerId: 'google' }), model: model.replace(/^google\//, '') };
    default:
      return { provider: undefined, model };
  }
}
