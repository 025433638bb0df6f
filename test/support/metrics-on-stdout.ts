/** Metrics as CloudWatch takes them from standard output. Call at the top of a file. */

export type EmfLine = {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
} & Readonly<Record<string, unknown>>;

/** One value of one metric. */
export type Sample = {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly atMs: number;
};

export type MetricsOnStdout = {
  lines(): readonly EmfLine[];
  samples(): readonly Sample[];
  clear(): void;
};

export const testService = 'sluice-test';

/** `now` says when a line was written: the clock of a gateway under test is not that of Powertools. */
export function metricsOnStdout(now: () => number = () => 0): MetricsOnStdout {
  const { POWERTOOLS_METRICS_DISABLED: disabled, POWERTOOLS_SERVICE_NAME: service } = process.env;
  const { write } = process.stdout;
  const written: EmfLine[] = [];
  const samples: Sample[] = [];

  beforeAll(() => {
    process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
    process.env['POWERTOOLS_SERVICE_NAME'] = testService;
    process.stdout.write = (chunk: string | Uint8Array) => {
      const text = String(chunk);
      if (!text.startsWith('{"_aws":')) return write.call(process.stdout, chunk);
      const line: EmfLine = JSON.parse(text);
      written.push(line);
      samples.push(...samplesIn(line, now()));
      return true;
    };
  });
  afterAll(() => {
    process.stdout.write = write;
    restore('POWERTOOLS_METRICS_DISABLED', disabled);
    restore('POWERTOOLS_SERVICE_NAME', service);
  });
  const clear = () => {
    written.length = 0;
    samples.length = 0;
  };
  beforeEach(clear);

  return {
    lines: () => written,
    samples: () => samples,
    clear,
  };
}

function restore(variable: string, value: string | undefined): void {
  if (value === undefined) delete process.env[variable];
  else process.env[variable] = value;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function samplesIn(line: EmfLine, atMs: number): Sample[] {
  return line._aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((set) => {
      const dimensions = Object.fromEntries(set.map((name) => [name, String(line[name])]));
      return Metrics.map(({ Name: name, Unit: unit }) => ({
        namespace,
        name,
        unit,
        value: line[name] as number,
        atMs,
        dimensions,
      }));
    }),
  );
}
