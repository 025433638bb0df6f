/** The tools that a request names, read together and remembered for a moment (I9). */
import { boundedCache } from '../keys/bounded-cache.ts';
import { type Tool, toolIdOf } from './tool.ts';
import type { ToolStore } from './tool-store.ts';

/** By their names. What does not exist is missing from it. */
export type FindTools = (names: readonly string[]) => Promise<ReadonlyMap<string, Tool>>;

/**
 * The published bound within which a change of a tool, or its end, takes effect. One that was not there
 * is not remembered: who has just registered a tool can use it at once.
 */
export const rememberedMs = 5_000;
const maxRemembered = 1_000;

export function rememberedTools(store: Pick<ToolStore, 'get'>, now: () => number): FindTools {
  const known = boundedCache<Tool>(maxRemembered, rememberedMs);
  const find = async (name: string): Promise<Tool | undefined> => {
    const askedAtMs = now();
    const remembered = known.get(name, askedAtMs);
    if (remembered) return remembered;
    const found = await store.get(toolIdOf(name));
    // Kept from when it was asked for: what the store said is as old as that.
    if (found) known.set(name, found, askedAtMs);
    return found;
  };
  return async (names) => {
    const found = await Promise.all(names.map(find));
    return new Map(found.flatMap((tool) => (tool ? [[tool.name, tool] as const] : [])));
  };
}
