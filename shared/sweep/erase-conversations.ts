/** Takes away what is left of conversations and threads that were deleted, and of those whose time is over. */
import type { ErasureStore } from '../conversations/erasure-store.ts';
import type { Log } from '../observability/log.ts';

export type ErasureDeps = { readonly erasure: ErasureStore; readonly log: Log };

/** How many; `enough` says when time runs out, and the next sweep goes on. */
export async function eraseConversations({ erasure, log }: ErasureDeps, enough: () => boolean): Promise<number> {
  let erased = 0;
  for await (const name of erasure.due()) {
    if (enough()) break;
    // Whatever is wrong with one of them, the others go; the next sweep tries this one again.
    const isGone = await erasure.erase(name, enough).catch((error: unknown) => {
      log.error('conversation not erased', { ...name, error });
      return false;
    });
    if (isGone) erased += 1;
  }
  return erased;
}
