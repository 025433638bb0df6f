/** How fast lines are, where nothing goes wrong. */
import { batchScene, begun, ended, inputOf } from './scene.ts';

export type Timed = { readonly lines: number; readonly seconds: number; readonly perSecond: number };

export async function timed(folder: string, lines: number): Promise<Timed> {
  const scene = await batchScene({ folder, gateways: 1 });
  try {
    await ended(scene.client, await begun(scene.client, inputOf(50)));
    const beganMs = performance.now();
    const batch = await ended(scene.client, await begun(scene.client, inputOf(lines)));
    if (batch.request_counts?.completed !== lines) throw new Error(`The batch has ended as ${JSON.stringify(batch)}`);
    const seconds = (performance.now() - beganMs) / 1000;
    return { lines, seconds, perSecond: lines / seconds };
  } finally {
    await scene.stop();
  }
}
