/** What the audit log is asked, and how it finds the answer: newest first, as OpenAI's. */
import * as z from 'zod/mini';
import { monthBefore } from '../calendar/month.ts';
import { GatewayError } from '../errors.ts';
import { type Page, pageOf, textList, wholeNumber } from '../http/page.ts';
import { base62 } from '../ids.ts';
import { type AuditEntry, auditIdPrefix, monthOfEntry } from './audit-entry.ts';
import type { AuditLogStore, IdRange, Order } from './audit-log-store.ts';

const names = z.optional(textList(z.string().check(z.maxLength(256))));
const seconds = z.optional(wholeNumber(0, 99_999_999_999));
const cursor = z.optional(
  z.string().check(z.regex(new RegExp(`^${auditIdPrefix}[0-9A-Za-z]{20}$`), 'expected the id of an entry')),
);

export const auditQuerySchema = z.strictObject({
  'effective_at[gt]': seconds,
  'effective_at[gte]': seconds,
  'effective_at[lt]': seconds,
  'effective_at[lte]': seconds,
  project_ids: names,
  event_types: names,
  actor_ids: names,
  actor_emails: names,
  resource_ids: names,
  tenant_only: z.optional(z.enum(['true', 'false'])),
  limit: z._default(wholeNumber(1, 100), 20),
  after: cursor,
  before: cursor,
});
export type AuditQuery = z.infer<typeof auditQuerySchema>;

/** No gateway is older. */
const beginning = Date.parse('2026-01-01T00:00:00Z') / 1000;
/** By how much another instance's clock may be ahead, and more. */
const skewSeconds = 3_600;

const firstIdAt = (second: number): string => auditIdPrefix + base62(second * 1000, 8) + '0'.repeat(12);

/** The ids that can be meant, both included; a cursor itself never is. */
function boundsOf(query: AuditQuery, nowSeconds: number): { readonly from: string; readonly to: string } {
  const from = Math.max(beginning, query['effective_at[gte]'] ?? 0, (query['effective_at[gt]'] ?? -1) + 1);
  const end = Math.min(
    nowSeconds + skewSeconds,
    query['effective_at[lt]'] ?? Number.POSITIVE_INFINITY,
    (query['effective_at[lte]'] ?? Number.POSITIVE_INFINITY) + 1,
  );
  // Ids are compared as text, and sort does.
  const first = firstIdAt(Math.min(from, nowSeconds + 2 * skewSeconds));
  const [, later = first] = [first, query.before ?? first].sort();
  const last = firstIdAt(end);
  const [earlier = last] = [last, query.after ?? last].sort();
  return { from: later, to: earlier };
}

/** One partition after the other. */
function* monthsOf({ from, to }: { from: string; to: string }, order: Order): Generator<IdRange> {
  const months: IdRange[] = [];
  for (let month = monthOfEntry(to); month >= monthOfEntry(from); month = monthBefore(month)) {
    months.push({ month, from, to });
  }
  yield* order === 'newest' ? months : months.reverse();
}

const allows = (wanted: readonly string[] | undefined, ...values: readonly (string | null)[]): boolean =>
  wanted === undefined || values.some((value) => value !== null && wanted.includes(value));

const matches = (entry: AuditEntry, query: AuditQuery): boolean =>
  entry.id !== query.after &&
  entry.id !== query.before &&
  allows(query.project_ids, entry.projectId) &&
  allows(query.event_types, entry.type) &&
  allows(query.actor_ids, entry.actor.apiKeyId) &&
  // Keys act here, and keys have no address of that kind.
  allows(query.actor_emails) &&
  allows(query.resource_ids, ...entry.resourceIds) &&
  (query.tenant_only !== 'true' || entry.type.startsWith('tenant.'));

export async function auditPage(
  { auditLogs, now }: { readonly auditLogs: AuditLogStore; readonly now: () => number },
  query: AuditQuery,
): Promise<Page<AuditEntry>> {
  if (query.after !== undefined && query.before !== undefined) {
    throw new GatewayError('invalid_request', { message: 'Give one of after and before.', param: 'before' });
  }
  // The page before an entry is nearest to it: found from there on upwards, and shown as every page.
  const order: Order = query.before === undefined ? 'newest' : 'oldest';
  const bounds = boundsOf(query, Math.floor(now() / 1000));
  const found: AuditEntry[] = [];
  if (bounds.from <= bounds.to) {
    walk: for (const range of monthsOf(bounds, order)) {
      for await (const entry of auditLogs.within(range, order)) {
        if (matches(entry, query)) found.push(entry);
        if (found.length > query.limit) break walk;
      }
    }
  }
  const { items, hasMore } = pageOf(found, query.limit);
  return { items: order === 'newest' ? items : [...items].reverse(), hasMore };
}
