/** When scores are too much, by a project's policy. Pure. */
import {
  type CategoryName,
  categoryAliases,
  type ModerationCategory,
  moderationCategories,
} from '../safety/categories.ts';
import type { ModerationPolicy } from '../safety/policy.ts';
import type { ModerationScores } from './moderator.ts';

type Alias = keyof typeof categoryAliases;

const aliases = Object.keys(categoryAliases) as readonly Alias[];
const isAlias = (name: CategoryName): name is Alias => Object.hasOwn(categoryAliases, name);
const stoodFor = (alias: Alias): readonly ModerationCategory[] => categoryAliases[alias];

const isParentOf = (parent: string, category: string): boolean => category.startsWith(`${parent}/`);

/** What a name counts: what it stands for, or itself and those below it that are not counted by themselves. */
function counted(name: CategoryName, enabled: readonly CategoryName[]): readonly ModerationCategory[] {
  if (isAlias(name)) return stoodFor(name);
  return moderationCategories.filter(
    (category) => category === name || (isParentOf(name, category) && !enabled.includes(category)),
  );
}

/** By its own name, by another name of it (the strictest, where there are two), by its parent's, or that of all. */
function thresholdOf(category: ModerationCategory, { thresholds, threshold }: ModerationPolicy): number {
  const byAlias = aliases.flatMap((alias) => (stoodFor(alias).includes(category) ? (thresholds[alias] ?? []) : []));
  const parent = moderationCategories.find((candidate) => isParentOf(candidate, category));
  return (
    thresholds[category] ??
    (byAlias.length > 0 ? Math.min(...byAlias) : undefined) ??
    (parent && thresholds[parent]) ??
    threshold
  );
}

/** Of the policy's categories, those that the scores are above. */
export function violatedCategories(policy: ModerationPolicy, scores: ModerationScores): readonly CategoryName[] {
  return [...new Set(policy.categories)].filter((name) =>
    counted(name, policy.categories).some((category) => {
      const threshold = (isAlias(name) ? policy.thresholds[name] : undefined) ?? thresholdOf(category, policy);
      return (scores[category] ?? 0) > threshold;
    }),
  );
}

export function isUnsafe(policy: ModerationPolicy, scores: ModerationScores): boolean {
  const violated = violatedCategories(policy, scores);
  return policy.require_all ? policy.categories.every((name) => violated.includes(name)) : violated.length > 0;
}
