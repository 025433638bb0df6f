/** The kinds of provider and who implements them: one line each. */
import { demoProvider } from './demo-provider.ts';
import type { ProviderKind, ProviderSettings, SettingsOf } from './kinds.ts';
import { openaiProvider } from './openai-provider.ts';
import type { Provider } from './provider.ts';

export type ProviderContext = {
  /** The value of a provider's key, by its `apiKeyEnv`; `refresh` reads past every cache. */
  readonly credentials: (variable: string, refresh: boolean) => Promise<string | undefined>;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
  readonly fetch?: typeof globalThis.fetch;
};

type Factory<Kind extends ProviderKind> = (settings: SettingsOf<Kind>, context: ProviderContext) => Provider;

const factories: { readonly [Kind in ProviderKind]: Factory<Kind> } = {
  openai: openaiProvider,
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
    const provider = create(found, context);
    made.set(name, provider);
    return provider;
  };
}
