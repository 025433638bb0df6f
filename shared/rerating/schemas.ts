/** What a re-rating is asked for, and where its next page begins. */
import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';

const unixSeconds = z.int().check(z.minimum(0), z.maximum(99_999_999_999));

/** As many as are rated within the 29 seconds that API Gateway waits, with most of them to spare. */
export const mostRowsPerPage = 5_000;

export const rerateSchema = z.strictObject({
  start_time: unixSeconds,
  end_time: unixSeconds.check(z.minimum(1)),
  project_id: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected the id of a project'))),
  /** The name that was asked for. */
  model: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  /** Says what would change, and changes nothing. */
  dry_run: z._default(z.boolean(), false),
  /** Rows looked at. */
  limit: z._default(z.int().check(z.minimum(1), z.maximum(mostRowsPerPage)), mostRowsPerPage),
  page: z.optional(
    z.string().check(z.regex(/^page_[A-Za-z0-9_-]{1,400}$/, 'expected the next_page of the answer before')),
  ),
});
export type RerateRequest = z.infer<typeof rerateSchema>;

/** Everything up to this row, in the order of projects, time and id, has been looked at. */
export type Place = { readonly projectId: string; readonly startedAtMs: number; readonly id: string };

const placeSchema = z.tuple([z.string(), z.int(), z.string()]);

export const pageAfter = ({ projectId, startedAtMs, id }: Place): string =>
  `page_${Buffer.from(JSON.stringify([projectId, startedAtMs, id])).toString('base64url')}`;

export function placeOf(page: string): Place {
  try {
    const text = Buffer.from(page.slice('page_'.length), 'base64url').toString('utf8');
    const [projectId, startedAtMs, id] = placeSchema.parse(JSON.parse(text));
    return { projectId, startedAtMs, id };
  } catch (cause) {
    throw new GatewayError('invalid_request', {
      message: "Give the previous answer's next_page.",
      param: 'page',
      cause,
    });
  }
}
