/** What of a conversation was left out for it to fit, as `x-sluice-truncated` says it. */
export type LeftOut = {
  readonly items: number;
  readonly tokens: number;
  /** In their place stands a summary of them. */
  readonly summarized: boolean;
};

export const leftOutHeaders = ({ items, tokens, summarized }: LeftOut) => ({
  'x-sluice-truncated': `items=${items}, tokens=${tokens}${summarized ? ', summarized' : ''}`,
});

/** Over the steps of a run. */
export const together = (before: LeftOut | undefined, now: LeftOut): LeftOut => ({
  items: (before?.items ?? 0) + now.items,
  tokens: (before?.tokens ?? 0) + now.tokens,
  summarized: before?.summarized === true || now.summarized,
});
