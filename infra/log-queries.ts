/**
 * Queries of CloudWatch Logs Insights that come with the stack, as data: what one asks of the log when something is odd.
 * Fields are those of the lines; with `@` those that CloudWatch finds by itself.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
import { stagesAfterFirstByte, stagesBeforeFirstByte } from '../shared/observability/stages.ts';

export type LogQuery = {
  readonly name: string;
  /** In the log of API Gateway as well: it knows of requests that never reached a function. */
  readonly accessLogs?: true;
  /** Commands, one after the other. */
  readonly query: readonly string[];
};

const stages = [...stagesBeforeFirstByte, ...stagesAfterFirstByte].map((stage) => `stagesMs.${stage}`).join(', ');

export const logQueries = [
  {
    name: 'Requests by outcome',
    query: [
      'filter message = "request"',
      'stats count(*) as requests, pct(latencyMs, 50) as p50Ms, pct(latencyMs, 95) as p95Ms by outcome, status, route',
      'sort requests desc',
    ],
  },
  {
    name: 'Slowest requests, and what their time went into',
    query: [
      `fields @timestamp, requestId, route, model, provider, outcome, latencyMs, firstByteMs, overheadMs, ${stages}`,
      'filter message = "request"',
      'sort latencyMs desc',
      'limit 50',
    ],
  },
  {
    name: 'Gateway and providers, by model',
    query: [
      'filter message = "request" and ispresent(model)',
      'stats count(*) as requests, pct(firstByteMs, 95) as firstByteP95Ms, pct(overheadMs, 95) as gatewayP95Ms, pct(upstreamMs, 95) as providerP95Ms by model, provider',
      'sort requests desc',
    ],
  },
  {
    name: 'One request by its id',
    accessLogs: true,
    query: [
      'fields @timestamp, level, message, outcome, status, why, provider, @message',
      // Also what the caller calls it, in X-Client-Request-Id or as part of a trace.
      'filter requestId = "REQUEST_ID" or clientRequestId = "REQUEST_ID" or traceId = "REQUEST_ID"',
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  {
    name: 'Spend by project and model',
    query: [
      'filter message = "request" and costMicroUsd > 0',
      'stats sum(costMicroUsd) / 1000000 as dollars, sum(inputTokens) as tokensIn, sum(outputTokens) as tokensOut, count(*) as requests by projectId, model',
      'sort dollars desc',
    ],
  },
  {
    name: 'Failed attempts by provider',
    query: [
      'filter message = "attempt failed"',
      'stats count(*) as attempts, count_distinct(requestId) as requests by provider, why',
      'sort attempts desc',
    ],
  },
  {
    name: 'Who is held back by limits and budgets',
    query: [
      // With a provider it was the provider's limit, and nobody's here.
      'filter message = "request" and outcome in ["rate_limit_exceeded", "token_limit_exceeded", "insufficient_quota"] and not ispresent(provider)',
      'stats count(*) as refused by projectId, apiKeyId, outcome',
      'sort refused desc',
    ],
  },
  {
    name: 'What guardrails did',
    query: [
      'filter message = "request" and safety in ["flagged", "sanitized", "blocked"]',
      'stats count(*) as requests by projectId, model, safety, outcome',
      'sort requests desc',
    ],
  },
  {
    name: 'A batch, line by line',
    query: [
      'fields @timestamp, requestId, route, model, provider, outcome, attempts, inputTokens, outputTokens, costMicroUsd, latencyMs',
      'filter message = "request" and batchId = "BATCH_ID"',
      'sort @timestamp asc',
      'limit 10000',
    ],
  },
  {
    name: 'Cold starts',
    query: [
      'filter @type = "REPORT"',
      'stats count(*) as calls, count(@initDuration) as coldStarts, pct(@initDuration, 95) as initP95Ms, max(@maxMemoryUsed / 1000000) as mostMemoryMb by @log',
      'sort coldStarts desc',
    ],
  },
  {
    name: 'Errors, and where they were thrown',
    query: [
      'fields @timestamp, message, requestId, why, error.name, error.code, error.frames.0, error.frames.1, error.cause.name, error.cause.code',
      'filter level = "ERROR"',
      'sort @timestamp desc',
      'limit 200',
    ],
  },
] as const satisfies readonly LogQuery[];
