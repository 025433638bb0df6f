/** How long `npm start` takes, on an empty data folder, until the gateway says that it can serve. */
import { start } from './child.ts';
import { newDataFolder, sluiceReady, sluiceVariables } from './sluice.ts';
import { median } from './statistics.ts';

async function once(providerURL: string): Promise<number> {
  const data = newDataFolder();
  try {
    const startedAt = performance.now();
    const child = await start({
      command: 'npm',
      args: ['start'],
      variables: sluiceVariables({ provides: { providerURL }, data }),
      ready: sluiceReady,
    });
    const health = await fetch(`${child.match[1]}/health`);
    const tookMs = performance.now() - startedAt;
    await child.stop();
    if (!health.ok) throw new Error(`The gateway says ${health.status} of its health`);
    return tookMs;
  } finally {
    data.remove();
  }
}

export async function startUpMs(providerURL: string, times: number): Promise<number> {
  const all: number[] = [];
  for (let number = 0; number < times; number++) all.push(await once(providerURL));
  return median(all);
}
