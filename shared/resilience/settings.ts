/** What the gateway does when providers fail, as `resilience` of `sluice.json` says it: for every project and every provider. */
import * as z from 'zod/mini';

const says = z.describe;
const seconds = z.int().check(z.minimum(1), z.maximum(86_400));
const ms = z.int().check(z.minimum(1), z.maximum(900_000));
const share = z.number().check(z.gt(0), z.maximum(1));

const retrySchema = z.strictObject({
  baseDelayMs: z._default(
    ms.check(says('The first wait is drawn from up to this; each further one from twice as much.')),
    250,
  ),
  maxDelayMs: z._default(ms.check(says('No wait is longer, unless the provider asks for up to 8 seconds.')), 8_000),
  budgetShare: z._default(
    share.check(says('Retries of a provider, as a share of the calls it gets: an outage is not multiplied by more.')),
    0.2,
  ),
  budgetReserve: z._default(
    z.int().check(z.minimum(0), says('Retries that an instance has before it has made any calls.')),
    3,
  ),
});

const circuitSchema = z.strictObject({
  failures: z._default(z.int().check(z.minimum(1), says('Failures of all instances together that open a circuit.')), 5),
  windowSeconds: z._default(seconds.check(says('Within which they must happen.')), 60),
  failureShare: z._default(
    share.check(says('Of the calls of instances that saw failures, so many must have failed for the circuit to open.')),
    0.5,
  ),
  openSeconds: z._default(seconds.check(says('How long a provider is left alone before one call tries it.')), 60),
  probeSeconds: z._default(seconds.check(says('How long that call may take before another may try.')), 30),
});

const cacheSchema = z.strictObject({
  ttlSeconds: z._default(seconds.check(says('How long an answer is given again.')), 3_600),
  staleSeconds: z._default(
    z.int().check(z.minimum(0), z.maximum(2_592_000), says('How much longer it may stand in when providers fail.')),
    86_400,
  ),
});

/** A project may have one of its own, which every call of it carries along: not too long. */
export const fallbackMessageSchema = z.string().check(z.minLength(1), z.maxLength(2_000));

export const resilienceSchema = z.strictObject({
  attempts: z._default(
    z.int().check(z.minimum(1), z.maximum(10), says('Attempts at providers in all, for one request.')),
    3,
  ),
  retry: z.prefault(retrySchema, {}),
  circuit: z.prefault(circuitSchema, {}),
  cache: z.prefault(cacheSchema, {}),
  drainSeconds: z._default(
    z
      .int()
      .check(
        z.minimum(0),
        z.maximum(900),
        says('How long a stream is read to its end for the accounts when its caller has left.'),
      ),
    60,
  ),
  keepAliveSeconds: z._default(
    z
      .int()
      .check(
        z.minimum(15),
        z.maximum(300),
        says('A stream that is silent for so long gets a comment, which keeps connections open.'),
      ),
    15,
  ),
  fallbackMessage: z.optional(
    fallbackMessageSchema.check(
      says('Said in chat when no provider answers and nothing is cached. Absent: an honest error.'),
    ),
  ),
});
export type ResilienceSettings = z.infer<typeof resilienceSchema>;
export type RetrySettings = ResilienceSettings['retry'];
export type CircuitSettings = ResilienceSettings['circuit'];
