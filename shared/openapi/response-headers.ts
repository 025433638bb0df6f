/** What the answer to a model call tells of itself, besides what OpenAI's do. All of it is listed here: a test finds what is not. */
export const responseHeaders = {
  'x-sluice-provider': 'Who answered, or was asked last. Absent where nobody was asked.',
  'x-sluice-attempts': 'How often providers were asked.',
  'x-sluice-overhead-ms': 'What the gateway has taken of the time before the first byte, without its providers.',
  'x-sluice-cost-usd':
    'What the call has cost, in US dollars. Absent from streams, which cost what they say in the end.',
  'x-sluice-safety':
    'What guardrails did: safe, flagged, redacted, sanitized or blocked; of a stream, as far as it was known when it began. Absent where none looked.',
  'x-sluice-cache': 'hit, miss, stale or bypass. Absent where the cache was not asked for.',
  'x-sluice-fallback': 'message: no provider answered, and the configured message stands in.',
  'x-sluice-error': 'The code of the error in whose place the message stands.',
  'x-sluice-dropped-parameters': 'Parameters that the provider does not know, and has not been sent.',
  'x-sluice-token-usage':
    "ok, warning or critical: how full of input the model's context window is. Absent where the window is not known.",
  'x-sluice-truncated':
    'How many items of the conversation were left out for it to fit, and their tokens; summarized: a summary of them stands in.',
  'x-sluice-summary-cost-usd': 'What that summary has cost, in US dollars, which is not in x-sluice-cost-usd.',
  'x-sluice-run-id': 'Of a call with tools of the gateway: the run, to look up or to end.',
  'x-sluice-max-output-tokens': "The output maximum that was sent to the provider, where it is not the caller's.",
  'x-sluice-max-output-shrunk': 'true: a budget or a token limit made that maximum less than was asked for.',
} as const;
