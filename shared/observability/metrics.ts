/** Metrics in CloudWatch's embedded format: one line per request, made into metrics by CloudWatch itself. */
import { Metrics as Emf, MetricUnit } from '@aws-lambda-powertools/metrics';

export type RequestMetrics = {
  readonly route: string;
  /** A name of the catalogue, so that callers cannot invent dimensions. */
  readonly model: string;
  /** `ok`, or the cause in the table of errors. */
  readonly outcome: string;
  readonly latencyMs: number;
  readonly firstByteMs: number;
  readonly overheadMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What the request has cost beyond what was reserved for it: 0, unless something is wrong. */
  readonly aboveBoundMicroUsd: number;
};

export type EmitMetrics = (metrics: RequestMetrics) => void;

/** What an alarm watches, each by itself and without dimensions: infra/constructs/alarms.ts. */
export type WatchedEvent =
  | 'CircuitOpened'
  | 'CredentialRefused'
  | 'ModerationUnavailable'
  /** A request or an answer that its project's safety policy flagged, sanitized or blocked. */
  | 'SafetyViolation'
  /** Found, and not written down. */
  | 'ViolationLost';

export type CountEvent = (event: WatchedEvent) => void;

export function powertoolsEvents(): CountEvent {
  const emf = new Emf({ namespace: 'Sluice', serviceName: 'sluice' });
  return (event) => {
    emf.singleMetric().addMetric(event, MetricUnit.Count, 1);
  };
}

export function powertoolsMetrics(): EmitMetrics {
  const emf = new Emf({ namespace: 'Sluice', serviceName: 'sluice' });
  return ({
    route,
    model,
    outcome,
    latencyMs,
    firstByteMs,
    overheadMs,
    inputTokens,
    outputTokens,
    aboveBoundMicroUsd,
  }) => {
    // From here to the end nothing waits, so requests that share the process cannot mix (I10).
    emf.addDimensions({ route, model, outcome });
    emf.addMetric('Requests', MetricUnit.Count, 1);
    emf.addMetric('Latency', MetricUnit.Milliseconds, latencyMs);
    emf.addMetric('TimeToFirstByte', MetricUnit.Milliseconds, firstByteMs);
    emf.addMetric('Overhead', MetricUnit.Milliseconds, overheadMs);
    emf.addMetric('InputTokens', MetricUnit.Count, inputTokens);
    emf.addMetric('OutputTokens', MetricUnit.Count, outputTokens);
    emf.publishStoredMetrics();
    // By itself and without the dimensions, for an alarm to watch.
    if (aboveBoundMicroUsd > 0) emf.singleMetric().addMetric('CostAboveBound', MetricUnit.Count, 1);
  };
}
