/** When a file is over: https://platform.openai.com/docs/api-reference/files/create */

const daySeconds = 86_400;

export const lifetimeSeconds = { minimum: 3_600, maximum: 30 * daySeconds } as const;

/** As long as OpenAI keeps what batches are made of, unless the caller says otherwise. */
export const usualLifetimeSeconds = lifetimeSeconds.maximum;

export const expiryOf = (createdAt: number, seconds: number | undefined): number =>
  createdAt + (seconds ?? usualLifetimeSeconds);
