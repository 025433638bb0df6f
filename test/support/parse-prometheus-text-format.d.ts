/** The package has no types. https://www.npmjs.com/package/parse-prometheus-text-format */
declare module 'parse-prometheus-text-format' {
  export type ParsedMetric = {
    readonly labels?: Readonly<Record<string, string>>;
    readonly value?: string;
    readonly buckets?: Readonly<Record<string, string>>;
    readonly sum?: string;
    readonly count?: string;
  };
  export type ParsedFamily = {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly ParsedMetric[];
  };
  const parse: (text: string) => readonly ParsedFamily[];
  // biome-ignore lint/style/noDefaultExport: it is the package's.
  export default parse;
}
