/** What an admitted call holds of its project's counters until it settles. It stands on the ledger's row, for the sweep. */
import * as z from 'zod/mini';

const amount = z.int().check(z.minimum(0));

export const holdSchema = z.object({
  shard: z.int(),
  /** Under which the amounts are kept a second time: shared/admission/counters.ts. */
  epoch: z.string(),
  /** The month that pays: `2611`. */
  month: z.string(),
  microUsd: amount,
  inputTokens: amount,
  outputTokens: amount,
  stream: z.boolean(),
  /** Does the key pay from a limit of its own? */
  keyMoney: z.boolean(),
  /** The tokens a minute of each limit that holds them, as they were when the call was admitted. */
  tokenLimits: z.object({
    project: z.optional(z.int()),
    model: z.optional(z.int()),
    key: z.optional(z.int()),
  }),
});
export type Hold = z.infer<typeof holdSchema>;
