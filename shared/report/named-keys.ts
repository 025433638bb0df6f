/** What people call their keys, and what those may spend. A key that is gone keeps its id for a name. */
import type { KeyStore } from '../keys/key-store.ts';
import type { Project } from '../projects/project.ts';

/** Whole micro-dollars a month. */
export type KeyLimit = {
  readonly id: string;
  readonly name: string;
  readonly projectName: string;
  readonly limitMicroUsd: number;
};

export type NamedKeys = {
  readonly names: ReadonlyMap<string, string>;
  readonly limits: readonly KeyLimit[];
};

const pageSize = 500;

export async function namesOfKeys(keys: Pick<KeyStore, 'list'>, projects: readonly Project[]): Promise<NamedKeys> {
  const names = new Map<string, string>();
  const limits: KeyLimit[] = [];
  for (const { id: projectId, name: projectName } of projects) {
    let after: string | undefined;
    do {
      const { items, hasMore } = await keys.list(projectId, { after, limit: pageSize });
      for (const { id, name, spendLimitMicroUsd } of items) {
        names.set(id, name);
        if (spendLimitMicroUsd !== null) limits.push({ id, name, projectName, limitMicroUsd: spendLimitMicroUsd });
      }
      after = hasMore ? items.at(-1)?.id : undefined;
    } while (after !== undefined);
  }
  return { names, limits };
}
