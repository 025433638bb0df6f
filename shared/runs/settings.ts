/** How far the gateway goes for one request by running tools, as `runs` of `sluice.json` says it. */
import * as z from 'zod/mini';

const says = z.describe;

export const runsSchema = z.strictObject({
  maxSteps: z._default(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(50),
        says('Times that the model is asked for one request. The last time it may call no tool, and so has to answer.'),
      ),
    8,
  ),
  maxSeconds: z._default(
    z.int().check(z.minimum(1), z.maximum(840), says('So long after its request no further step of a run begins.')),
    120,
  ),
  maxDollars: z._default(
    z
      .number()
      .check(
        z.gt(0),
        z.maximum(10_000),
        says('US dollars that the model calls of one run cost at most. Their output maximum shrinks to what is left.'),
      ),
    1,
  ),
  maxCallsPerStep: z._default(
    z
      .int()
      .check(z.minimum(1), z.maximum(128), says('Tools that are run at the same time, for one answer of a model.')),
    16,
  ),
});
export type RunSettings = z.infer<typeof runsSchema>;
