/** Sluice as `npm start` runs it, with a project and its key made through the official SDK. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import type { SafetyWishes } from '../shared/safety/policy.ts';
import { type Child, start } from './child.ts';
import { model } from './script.ts';

export const adminKey = `sk-admin-${'benchmark'.repeat(4)}`;

/** Where a gateway keeps its data; gone with `remove`. */
export type DataFolder = { readonly path: string; remove(): void };

export function newDataFolder(): DataFolder {
  const path = mkdtempSync(join(tmpdir(), 'sluice-bench-data-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export type SluiceSettings = {
  /** The provider of `sluice.json` as it is shipped, or else the path of another. */
  readonly provides: { readonly providerURL: string } | { readonly configFile: string };
  readonly data: DataFolder;
  readonly dynamodbEndpoint?: string;
};

export const sluiceVariables = ({ provides, data, dynamodbEndpoint }: SluiceSettings) => ({
  PORT: '0',
  SLUICE_DATA: data.path,
  SLUICE_ADMIN_KEY: adminKey,
  // On AWS nobody prints lines.
  SLUICE_SILENT: '1',
  OPENAI_API_KEY: 'sk-scripted-provider',
  ...('providerURL' in provides ? { OPENAI_BASE_URL: provides.providerURL } : { SLUICE_CONFIG: provides.configFile }),
  ...(dynamodbEndpoint !== undefined && { DYNAMODB_ENDPOINT: dynamodbEndpoint }),
});

export const sluiceReady = /Base URL\s+(http:\S+)/;

export async function startSluice(settings: SluiceSettings): Promise<{ child: Child; baseURL: string }> {
  const child = await start({
    command: process.execPath,
    args: ['infra/local/start.js'],
    variables: sluiceVariables(settings),
    ready: sluiceReady,
  });
  return { child, baseURL: child.match[1] ?? '' };
}

/** Takes a limit away: shared/limits/limits.ts. */
const noLimit = 1_000_000_000;

/** What other gateways do not do is not in the comparison with them; what it costs has rows of its own. */
const nothingGuarded: SafetyWishes = {
  injection: { mode: 'off' },
  moderation: { input: 'off', output: 'off' },
  redaction: { input: [], output: [] },
};

export type ProjectKind = 'unlimited' | 'limited' | 'resilient';

/**
 * A project, a service account in it, and the account's API key. `unlimited` lifts what sluice.json gives to new projects;
 * `limited` is held to something of every kind, and to so much of it that nothing is refused; `resilient` has wishes of
 * its own for when providers fail.
 */
export async function newApiKey(
  baseURL: string,
  kind: ProjectKind = 'unlimited',
  safety: SafetyWishes = nothingGuarded,
): Promise<string> {
  const client = new OpenAI({ baseURL, adminAPIKey: adminKey, apiKey: 'unused' });
  const { projects } = client.admin.organization;
  const project = await projects.create({ name: 'Benchmark' });
  const project_id = project.id;
  const most = kind === 'limited' ? 100_000_000 : noLimit;
  const limits = { max_requests_per_1_minute: most, max_tokens_per_1_minute: most, max_requests_per_1_day: most };
  await projects.rateLimits.updateRateLimit('rl_project', { project_id, ...limits });
  if (kind === 'limited') {
    await projects.rateLimits.updateRateLimit(`rl-${model}`, { project_id, ...limits });
    await projects.spendLimit.update(project_id, { currency: 'USD', interval: 'month', threshold_amount: 1_000_000 });
  }
  const headers = { authorization: `Bearer ${adminKey}` };
  const policy = (name: string, body: object) =>
    client.post(`/organization/projects/${project_id}/${name}`, { body, headers });
  await policy('safety_policy', safety);
  if (kind === 'resilient') {
    await policy('resilience_policy', { on_disconnect: 'cancel', fallback_message: 'The assistant is away.' });
  }
  const account = await projects.serviceAccounts.create(project_id, { name: 'load' });
  if (!account.api_key) throw new Error('The service account came without its key.');
  return account.api_key.value;
}
