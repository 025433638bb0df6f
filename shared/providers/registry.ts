/** The kinds of provider and who implements them: one line each. */
import { respondingThroughChat } from '../responses/responding-through-chat.ts';
import { demoProvider } from './demo-provider.ts';
import { fittingProvider } from './fitting-provider.ts';
import { instructingProvider } from './instructing-provider.ts';
import {
  hasResponses,
  type ProviderKind,
  type ProviderSettings,
  type SettingsOf,
  structuredOutputsOf,
} from './kinds.ts';
import { lazyProvider } from './lazy-provider.ts';
import { openaiProvider } from './openai-provider.ts';
import type { Provider } from './provider.ts';

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

export type ProviderContext = {
  /** The value of a provider's key, by its `apiKeyEnv`; `refresh` reads past every cache. */
  readonly credentials: (variable: string, refresh: boolean) => Promise<string | undefined>;
  /** The function's own role. */
  readonly awsCredentials: AwsCredentials;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
  readonly fetch?: typeof globalThis.fetch;
};

type Factory<Kind extends ProviderKind> = (settings: SettingsOf<Kind>, context: ProviderContext) => Provider;

/** What `import()` loads is left out of the bundles of those who have not configured it: infra/build/bundle.ts. */
const factories: { readonly [Kind in ProviderKind]: Factory<Kind> } = {
  openai: openaiProvider,
  azure: (...args) => lazyProvider(async () => (await import('./azure-provider.ts')).azureProvider(...args)),
  bedrock: (...args) => lazyProvider(async () => (await import('./bedrock-provider.ts')).bedrockProvider(...args)),
  vertex: (...args) => lazyProvider(async () => (await import('./vertex-provider.ts')).vertexProvider(...args)),
  demo: demoProvider,
};

const create = <Kind extends ProviderKind>(
  settings: SettingsOf<Kind> & { kind: Kind },
  context: ProviderContext,
): Provider => factories[settings.kind](settings, context);

/** A provider by its name in `sluice.json`. Each is made once, when it is first asked for. */
export type Providers = (name: string) => Provider;

export function createProviders(
  settings: Readonly<Record<string, ProviderSettings>>,
  context: ProviderContext,
): Providers {
  const made = new Map<string, Provider>();
  return (name) => {
    const existing = made.get(name);
    if (existing) return existing;
    const found = settings[name];
    if (!found) throw new Error(`No provider is called ${name}`);
    const provider = withResponses(withFormats(withParameters(create(found, context), found), found), found, context);
    made.set(name, provider);
    return provider;
  };
}

const withParameters = (provider: Provider, settings: ProviderSettings): Provider =>
  'parameters' in settings && settings.parameters ? fittingProvider(provider, settings.parameters) : provider;

/** Before parameters are left out, and after responses are translated: so it sees what the provider would have been sent. */
function withFormats(provider: Provider, settings: ProviderSettings): Provider {
  const can = structuredOutputsOf(settings);
  return can === 'json_schema' ? provider : instructingProvider(provider, can);
}

/** Parameters are those of chat completions, so what is translated is made to fit afterwards. */
const withResponses = (provider: Provider, settings: ProviderSettings, context: ProviderContext): Provider =>
  hasResponses(settings) ? provider : respondingThroughChat(provider, context);
