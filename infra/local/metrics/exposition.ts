/**
 * The text format that Prometheus scrapes, version 0.0.4. It takes a page, and a library for it would bring a tracing
 * API and a digest along: docs/adr/0075.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export type Labels = Readonly<Record<string, string>>;

export type Sample = {
  readonly labels: Labels;
  readonly value: number;
  /** Of histograms. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
};

export type Family = {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
};

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' };
const escaped = (text: string): string => text.replace(/[\\\n"]/g, (found) => escapes[found] ?? found);

const labelled = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
};

const family = ({ name, type, help, samples }: Family): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...samples.map(({ suffix = '', labels, value }) => `${name}${suffix}${labelled(labels)} ${value}`),
];

/** Those without samples are left out. */
export const exposition = (families: readonly Family[]): string =>
  families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(family)
    .map((line) => `${line}\n`)
    .join('');
