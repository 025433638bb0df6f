/** Portkey's gateway from npm, in a folder that is gone afterwards. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Child, start } from './child.ts';

export const portkeyVersion = '1.15.2';

const manifest = {
  private: true,
  dependencies: { '@portkey-ai/gateway': portkeyVersion },
  // With a later one its answers come in one piece, streamed or not.
  overrides: { '@hono/node-server': '1.14.1' },
};

export type InstalledPortkey = { readonly folder: string; remove(): void };

export async function installPortkey(): Promise<InstalledPortkey> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-portkey-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  // Named, since `npm run` has told its children of another folder.
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', ['install', ...options], { cwd: folder });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** It prints no port of its own choosing, so it is given one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export async function startPortkey({ folder }: InstalledPortkey): Promise<{ child: Child; baseURL: string }> {
  const port = await freePort();
  const child = await start({
    command: process.execPath,
    args: [join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js'), `--port=${port}`, '--headless'],
    variables: { NODE_ENV: 'production' },
    cwd: folder,
    ready: /Ready|running|localhost/i,
  });
  return { child, baseURL: `http://127.0.0.1:${port}/v1` };
}

export const portkeyHeaders = (providerURL: string) => ({
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': providerURL,
});

/** One provider, and another where that fails, as its documentation has it: https://portkey.ai/docs/product/ai-gateway/fallbacks */
export const portkeyFallback = (hosts: readonly string[], timeoutMs: number) => ({
  'x-portkey-config': JSON.stringify({
    strategy: { mode: 'fallback' },
    targets: hosts.map((custom_host) => ({
      provider: 'openai',
      api_key: 'sk-scripted-provider',
      custom_host,
      request_timeout: timeoutMs,
    })),
  }),
});

/** Which of them has answered, by their places in the configuration. */
export function portkeyTarget(headers: NodeJS.Dict<string | string[]>): number | null {
  const [, place] = /targets\[(\d+)\]/.exec(String(headers['x-portkey-last-used-option-index'])) ?? [];
  return place === undefined ? null : Number(place);
}
