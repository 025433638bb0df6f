/** What the routes of stored responses read. https://platform.openai.com/docs/api-reference/responses/get */
import * as z from 'zod/mini';
import { booleanText, wholeNumber } from '../http/page.ts';

/** What else could be included are details of providers' tools, which stand in the items as they came. */
const include = z.optional(z.union([z.array(z.string()), z.string()]));

export const responseRetrieveSchema = z.strictObject({
  include,
  include_obfuscation: z.optional(booleanText),
  starting_after: z.optional(wholeNumber(0, 1_000_000)),
  stream: z.optional(booleanText),
});
