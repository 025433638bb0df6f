/** Counters and histograms, by their labels. Whoever counts sees to it that labels have few values. */
import type { Family, Labels, Sample } from './exposition.ts';

type About = Pick<Family, 'name' | 'help'>;

const keyOf = (labels: Labels): string => JSON.stringify(Object.values(labels));

export type Counter = {
  add(labels: Labels, amount?: number): void;
  family(): Family;
};

/** Counted in parts of its unit: whole numbers add up to what they should. */
export function counter(about: About, partsOfUnit = 1): Counter {
  const counts = new Map<string, { readonly labels: Labels; value: number }>();
  return {
    add(labels, amount = 1) {
      const key = keyOf(labels);
      const found = counts.get(key);
      if (found) found.value += amount;
      else counts.set(key, { labels, value: amount });
    },
    family: () => ({
      ...about,
      type: 'counter',
      samples: [...counts.values()].map(({ labels, value }) => ({ labels, value: value / partsOfUnit })),
    }),
  };
}

export type Histogram = {
  observe(labels: Labels, value: number): void;
  family(): Family;
};

type Observed = { readonly labels: Labels; readonly counts: number[]; sum: number };

/** `bounds` are upper ones, inclusive and ascending; what is above the last counts for `+Inf` alone. */
export function histogram(about: About, bounds: readonly number[]): Histogram {
  const all = new Map<string, Observed>();

  const samplesOf = ({ labels, counts, sum }: Observed): Sample[] => {
    let below = 0;
    const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, index): Sample => {
      below += counts[index] ?? 0;
      const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound);
      return { suffix: '_bucket', labels: { ...labels, le }, value: below };
    });
    return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: below }];
  };

  return {
    observe(labels, value) {
      const key = keyOf(labels);
      const found = all.get(key) ?? { labels, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 };
      all.set(key, found);
      const at = bounds.findIndex((bound) => value <= bound);
      const bucket = at === -1 ? bounds.length : at;
      found.counts[bucket] = (found.counts[bucket] ?? 0) + 1;
      found.sum += value;
    },
    family: () => ({ ...about, type: 'histogram', samples: [...all.values()].flatMap(samplesOf) }),
  };
}
