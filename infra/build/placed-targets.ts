/** A model's targets as `sluice.json` lists them, each with its place in the order. */
import type { Place } from '../../shared/catalogue/resolved-config.ts';
import type { Config, ConfiguredModel } from '../../shared/config/schema.ts';

export type PlacedTarget = Place & {
  /** The provider's own name of the model. */
  readonly model: string;
  /** Where it stands in the document: `[1][0]`. */
  readonly path: string;
};

export const placedTargets = ({ targets }: Pick<ConfiguredModel, 'targets'>, { providers }: Config): PlacedTarget[] =>
  targets.flatMap((entry, group) => {
    if (typeof entry === 'string') return [{ ...split(entry), path: `[${group}]` }];
    return entry.map((target, index) => {
      const { provider, model } = split(target);
      return { provider, model, share: { group, weight: weightOf(providers[provider]) }, path: `[${group}][${index}]` };
    });
  });

const split = (target: string) => {
  const slash = target.indexOf('/');
  return { provider: target.slice(0, slash), model: target.slice(slash + 1) };
};

const weightOf = (settings: Config['providers'][string] | undefined): number =>
  settings !== undefined && 'weight' in settings && typeof settings.weight === 'number' ? settings.weight : 1;
