/** What the requests of this process came to, since it was started. */
import type { EndedRequest } from '../ended-request.ts';
import type { Family, Labels } from './exposition.ts';
import { counter, histogram } from './labelled.ts';

/** From what a cache answers in to what a model that reasons takes. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

const microUsdPerUsd = 1_000_000;

export type RequestMetrics = {
  count(ended: EndedRequest): void;
  families(): readonly Family[];
};

/** Of the table of routes; whatever else a caller has made up is one. */
const routeOf = ({ record: { method, path, outcome }, origin }: EndedRequest): string =>
  outcome === 'unknown_route' ? 'none' : `${method} ${origin === 'gateway' ? path.replace(/^\/v1/, '') : path}`;

export function requestMetrics(): RequestMetrics {
  const requests = counter({
    name: 'sluice_requests_total',
    help: 'Requests that have ended, by what came of them: ok, or a cause in the table of errors.',
  });
  const duration = histogram(
    { name: 'sluice_request_duration_seconds', help: 'From a request to the last byte of its answer.' },
    seconds,
  );
  const firstByte = histogram(
    { name: 'sluice_request_first_byte_seconds', help: 'From a request to the first byte of its answer.' },
    seconds,
  );
  const overhead = histogram(
    {
      name: 'sluice_request_overhead_seconds',
      help: 'Of the time before the first byte, what was not spent waiting for providers.',
    },
    seconds,
  );
  const tokens = counter({ name: 'sluice_tokens_total', help: 'Tokens, as providers report them.' });
  const dollars = counter(
    { name: 'sluice_cost_dollars_total', help: 'What calls have cost, in US dollars.' },
    microUsdPerUsd,
  );
  const provided = counter({
    name: 'sluice_provider_requests_total',
    help: 'Requests by the provider that was asked last, and what came of them.',
  });
  const attempts = counter({ name: 'sluice_provider_attempts_total', help: 'Attempts at providers, by model.' });
  const cached = counter({
    name: 'sluice_cache_requests_total',
    help: 'Requests where the response cache was in play, by what has become of it.',
  });
  const guarded = counter({
    name: 'sluice_guarded_requests_total',
    help: 'Requests that guardrails looked at, by the gravest of what they did.',
  });
  const left = counter({
    name: 'sluice_callers_left_total',
    help: 'Streams whose callers left before the last byte.',
  });
  const counters = [requests, tokens, dollars, provided, attempts, cached, guarded, left];
  const histograms = [duration, firstByte, overhead];

  return {
    count(ended) {
      const { record, origin } = ended;
      const { outcome, report } = record;
      const { provider, inputTokens, outputTokens, costMicroUsd, cache, safety } = report;
      const model = report.model ?? 'none';
      const labels: Labels = { route: routeOf(ended), model };
      requests.add({ ...labels, outcome, origin });
      duration.observe(labels, record.latencyMs / 1000);
      firstByte.observe(labels, record.firstByteMs / 1000);
      overhead.observe(labels, record.overheadMs / 1000);
      if (inputTokens !== undefined) tokens.add({ model, direction: 'input' }, inputTokens);
      if (outputTokens !== undefined) tokens.add({ model, direction: 'output' }, outputTokens);
      if (costMicroUsd !== undefined) dollars.add({ model }, costMicroUsd);
      if (provider !== undefined) provided.add({ provider, outcome });
      if (report.attempts !== undefined) attempts.add({ model }, report.attempts);
      if (cache !== undefined) cached.add({ result: cache });
      if (safety !== undefined) guarded.add({ status: safety });
      if (report.callerLeft) left.add({});
    },
    families: () => [...counters, ...histograms].map((metric) => metric.family()),
  };
}
