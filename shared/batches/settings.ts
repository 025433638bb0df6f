/** How much of the gateway batches may take, as `batches` of `sluice.json` says it. */
import * as z from 'zod/mini';

const says = z.describe;

export const batchSettingsSchema = z.strictObject({
  lanes: z._default(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(32),
        says("Workers that go through one project's batches at the same time, whatever their number."),
      ),
    4,
  ),
  linesAtOnce: z._default(
    z.int().check(z.minimum(1), z.maximum(64), says('Lines that each of them has under way at the same time.')),
    8,
  ),
  maxUnfinished: z._default(
    z
      .int()
      .check(z.minimum(1), z.maximum(1_000), says('Batches of one project that may be there without having ended.')),
    100,
  ),
});
export type BatchSettings = z.infer<typeof batchSettingsSchema>;
