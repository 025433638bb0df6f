/** The schemas that were compiled last, so that who comes again waits for nothing: the one used longest ago is forgotten first. */
export type RecentSchemas<Compiled> = {
  readonly get: (digest: string) => Compiled | undefined;
  readonly add: (digest: string, compiled: Compiled, characters: number) => void;
};

export function recentSchemas<Compiled>(maxSchemas: number, maxCharacters: number): RecentSchemas<Compiled> {
  const recent = new Map<string, { readonly compiled: Compiled; readonly characters: number }>();
  let held = 0;
  const forget = (digest: string): void => {
    held -= recent.get(digest)?.characters ?? 0;
    recent.delete(digest);
  };
  return {
    get(digest) {
      const found = recent.get(digest);
      if (!found) return undefined;
      recent.delete(digest);
      recent.set(digest, found);
      return found.compiled;
    },
    add(digest, compiled, characters) {
      forget(digest);
      recent.set(digest, { compiled, characters });
      held += characters;
      for (const oldest of recent.keys()) {
        if (recent.size <= maxSchemas && held <= maxCharacters) break;
        if (oldest !== digest) forget(oldest);
      }
    },
  };
}
