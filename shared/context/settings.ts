/** How full a model's window may be before callers are told, as `context` of `sluice.json` says it: for every project and every model. */
import * as z from 'zod/mini';

const says = z.describe;
const share = z.number().check(z.gt(0), z.maximum(1));

export const contextSettingsSchema = z.strictObject({
  warning: z._default(
    share.check(says("From which share of a model's context window on answers say that it is filling up: `warning`.")),
    0.8,
  ),
  critical: z._default(share.check(says('The same for `critical`.')), 0.9),
});
export type ContextSettings = z.infer<typeof contextSettingsSchema>;
