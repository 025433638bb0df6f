/** What is measured side by side: the provider itself, a bare pipe, Portkey, and Sluice. */
import { baseURLOf, type Child, startOwn } from './child.ts';
import { type InstalledPortkey, portkeyHeaders, startPortkey } from './portkey.ts';
import { descendant } from './process-cpu.ts';
import { newApiKey, newDataFolder, startSluice } from './sluice.ts';

export const names = ['direct', 'pipe', 'portkey', 'sluice'] as const;
export type Name = (typeof names)[number];

export type Contender = {
  readonly name: Name;
  readonly baseURL: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The process in between; none for the provider itself. */
  readonly pid?: number;
  /** Its database's. */
  readonly databasePid?: number;
};

export type Contenders = {
  readonly all: readonly Contender[];
  stop(): Promise<void>;
};

const json = { 'content-type': 'application/json' };

export async function startContenders(providerURL: string, installed: InstalledPortkey): Promise<Contenders> {
  const undo: (() => void | Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const kept = (child: Child): Child => {
    undo.push(() => child.stop());
    return child;
  };

  try {
    const pipe = kept(await startOwn('bare-pipe.ts', { BARE_PIPE_TARGET: providerURL }));

    const portkey = await startPortkey(installed);
    kept(portkey.child);

    const data = newDataFolder();
    undo.push(() => data.remove());
    const sluice = await startSluice({ provides: { providerURL }, data });
    kept(sluice.child);
    const apiKey = await newApiKey(sluice.baseURL);
    const databasePid = descendant(sluice.child.pid, 'dynoxide');

    const bearer = { ...json, authorization: 'Bearer sk-scripted-provider' };
    return {
      stop,
      all: [
        { name: 'direct', baseURL: providerURL, headers: bearer },
        { name: 'pipe', baseURL: baseURLOf(pipe), headers: bearer, pid: pipe.pid },
        {
          name: 'portkey',
          baseURL: portkey.baseURL,
          headers: { ...bearer, ...portkeyHeaders(providerURL) },
          pid: portkey.child.pid,
        },
        {
          name: 'sluice',
          baseURL: sluice.baseURL,
          headers: { ...json, authorization: `Bearer ${apiKey}` },
          pid: sluice.child.pid,
          ...(databasePid !== undefined && { databasePid }),
        },
      ],
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
