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
};

export type MetricsOnStdout = {
  lines(): readonly EmfLine[];
  samples(): readonly Sample[];
  clear(): void;
};

export const testService = 'sluice-test';

export function metricsOnStdout(): MetricsOnStdout {
  const { POWERTOOLS_METRICS_DISABLED: disabled, POWERTOOLS_SERVICE_NAME: service } = process.env;
  const { write } = process.stdout;
  const written: EmfLine[] = [];

  beforeAll(() => {
    process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
    process.env['POWERTOOLS_SERVICE_NAME'] = testService;
    process.stdout.write = (chunk: string | Uint8Array) => {
      const text = String(chunk);
      if (!text.startsWith('{"_aws":')) return write.call(process.stdout, chunk);
      written.push(JSON.parse(text));
      return true;
    };
  });
  afterAll(() => {
    process.stdout.write = write;
    restore('POWERTOOLS_METRICS_DISABLED', disabled);
    restore('POWERTOOLS_SERVICE_NAME', service);
  });
  beforeEach(() => {
    written.length = 0;
  });

  return {
    lines: () => written,
    samples: () => written.flatMap(samplesIn),
    clear: () => {
      written.length = 0;
    },
  };
}

function restore(variable: string, value: string | undefined): void {
  if (value === undefined) delete process.env[variable];
  else process.env[variable] = value;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function samplesIn(line: EmfLine): Sample[] {
  return line._aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((set) => {
      const dimensions = Object.fromEntries(set.map((name) => [name, String(line[name])]));
      return Metrics.map(({ Name: name, Unit: unit }) => ({
        namespace,
        name,
        unit,
        value: line[name] as number,
        dimensions,
      }));
    }),
  );
}
