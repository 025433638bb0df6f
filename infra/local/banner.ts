/** What `npm start` prints: where it serves, with which key, and one command that works as pasted. */
import type { ProviderSettings } from '../../shared/providers/kinds.ts';

export type BannerFacts = {
  readonly host: string;
  readonly port: number;
  readonly adminKey: string;
  readonly adminKeyIsGiven: boolean;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly dataFolder: string | null;
  readonly warnings: readonly string[];
};

export const reachableHost = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;

export function banner({
  host,
  port,
  adminKey,
  adminKeyIsGiven,
  providers,
  dataFolder,
  warnings,
}: BannerFacts): string {
  const baseURL = `http://${reachableHost(host)}:${port}/v1`;
  const real = Object.entries(providers).filter(([, { kind }]) => kind !== 'demo');
  const said = real.length > 0 ? real.map(([name]) => name).join(', ') : 'none';
  const demo = Object.values(providers).some(({ kind }) => kind === 'demo');
  return [
    '',
    '  Sluice is running.',
    '',
    `  Base URL    ${baseURL}`,
    `  Admin key   ${adminKeyIsGiven ? '$SLUICE_ADMIN_KEY, as you set it' : adminKey}`,
    `  Providers   ${said}${demo ? ' (and demo, which asks no model; set OPENAI_API_KEY to talk to OpenAI)' : ''}`,
    `  Data        ${dataFolder ?? 'in memory, gone when it stops'}`,
    '  Tools       sluice:get_weather, a sample: name it among the tools of a request',
    ...warnings.map((warning) => `  Warning     ${warning}`),
    '',
    '  Create a project to begin with:',
    '',
    `  curl ${baseURL}/organization/projects -H "Authorization: Bearer ${adminKeyIsGiven ? '$SLUICE_ADMIN_KEY' : adminKey}" -H "Content-Type: application/json" -d '{"name":"first"}'`,
    '',
    '',
  ].join('\n');
}
