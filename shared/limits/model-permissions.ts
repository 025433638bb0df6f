/** Which models a project may use. */
import type { ModelPermissions } from './limits.ts';

/** A name, or the beginning of names with a `*` after it. */
const matches = (entry: string, model: string): boolean =>
  entry.endsWith('*') ? model.startsWith(entry.slice(0, -1)) : entry === model;

/** Where nothing is set, every model. */
export function mayUse(permissions: ModelPermissions | null, model: string): boolean {
  if (permissions === null) return true;
  const isListed = permissions.modelIds.some((entry) => matches(entry, model));
  return permissions.mode === 'allow_list' ? isListed : !isListed;
}

/** `project.model_permissions` of the `openai` package. */
export const modelPermissionsObject = ({ mode, modelIds }: ModelPermissions) => ({
  object: 'project.model_permissions',
  mode,
  model_ids: modelIds,
});
