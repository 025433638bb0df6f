/** What the list of violations is asked, and how it finds the answer: newest first, unless it is told otherwise. */
import * as z from 'zod/mini';
import { type Page, textList, wholeNumber } from '../http/page.ts';
import { guardrailNames, safetyActions, stages } from '../safety/finding.ts';
import { type Violation, violationIdPrefix } from './violation.ts';
import { allIds, fromCursor } from './violation-range.ts';
import type { ViolationStore } from './violation-store.ts';

const cursor = z
  .string()
  .check(z.regex(new RegExp(`^${violationIdPrefix}[0-9A-Za-z]{20}$`), 'expected the id of a violation'));

export const violationQuerySchema = z.strictObject({
  stage: z.optional(z.enum(stages)),
  guardrail: z.optional(z.enum(guardrailNames)),
  action: z.optional(z.enum(safetyActions)),
  category: z.optional(z.string().check(z.regex(/^[a-z_/-]{1,64}$/, 'expected a category'))),
  api_key_id: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,128}$/, 'expected the id of a key'))),
  include: z.optional(textList(z.enum(['content']))),
  limit: z._default(wholeNumber(1, 100), 20),
  after: z.optional(cursor),
  order: z._default(z.enum(['asc', 'desc']), 'desc'),
});
export type ViolationQuery = z.infer<typeof violationQuerySchema>;

/** Filters are applied to what is read, so a page that few pass would read without end. */
export const mostRead = 10_000;

const matches = (
  violation: Violation,
  { stage, guardrail, action, category, api_key_id: key }: ViolationQuery,
): boolean =>
  (stage === undefined || violation.stage === stage) &&
  (guardrail === undefined || violation.guardrail === guardrail) &&
  (action === undefined || violation.action === action) &&
  (category === undefined || violation.categories.includes(category)) &&
  (key === undefined || violation.apiKeyId === key);

const isFiltered = ({ stage, guardrail, action, category, api_key_id: key }: ViolationQuery): boolean =>
  [stage, guardrail, action, category, key].some((filter) => filter !== undefined);

export type ViolationPage = Page<Violation> & {
  /** Where the next page begins, where that is not behind the last one found: so much was read that nobody was looking for. */
  readonly readUpTo: string | null;
};

export async function violationPage(
  { violations, now }: { readonly violations: Pick<ViolationStore, 'within'>; readonly now: () => number },
  projectId: string,
  query: ViolationQuery,
): Promise<ViolationPage> {
  const { limit, after, order, include = [] } = query;
  const range = fromCursor(allIds(now()), after, order);
  const found: Violation[] = [];
  if (range === null) return { items: found, hasMore: false, readUpTo: null };
  const reading = {
    withContent: include.includes('content'),
    // The cursor, the page, and one more that tells of the next.
    ...(!isFiltered(query) && { atATime: limit + 2 }),
  };
  let read = 0;
  for await (const violation of violations.within(projectId, range, order, reading)) {
    if (violation.id === after) continue;
    if (matches(violation, query)) {
      // One more than asked for: there is a next page, and it begins with this one.
      if (found.length === limit) return { items: found, hasMore: true, readUpTo: null };
      found.push(violation);
    }
    read += 1;
    if (read === mostRead) return { items: found, hasMore: true, readUpTo: violation.id };
  }
  return { items: found, hasMore: false, readUpTo: null };
}
