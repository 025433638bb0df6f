/**
 * An entry of the audit log: who has changed what. It is written before the
 * change, as `unfinished`, and again after it; so a function that was killed in
 * between has left an entry that says so.
 *
 *   unfinished ──answered 2xx──▶ succeeded
 *        └──────anything else──▶ failed
 */
import * as z from 'zod/mini';
import { monthOf } from '../calendar/month.ts';
import { timeOf } from '../ids.ts';
import { withoutKeys } from './without-keys.ts';

export const auditIdPrefix = 'audit_log-';

const shown = z.nullable(z.record(z.string(), z.unknown()));

const intent = {
  id: z.string(),
  /** The partition: `2026-11`. */
  month: z.string(),
  /** As the route table names the change: `project.created`. */
  type: z.string(),
  /** Unix seconds. */
  effectiveAt: z.int(),
  /** `POST /organization/projects`. */
  route: z.string(),
  requestId: z.string(),
  actor: z.object({ apiKeyId: z.string(), address: z.string(), userAgent: z.nullable(z.string()) }),
  projectId: z.nullable(z.string()),
  /** All that the change was about: what the path names, and what the handler has told. */
  resourceIds: z.array(z.string()),
};
const end = { finishedAt: z.int(), status: z.int() };

export const auditEntrySchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('unfinished'), ...intent }),
  z.object({ outcome: z.literal('failed'), ...intent, ...end, code: z.nullable(z.string()) }),
  z.object({
    outcome: z.literal('succeeded'),
    ...intent,
    ...end,
    objectId: z.nullable(z.string()),
    requested: shown,
    before: shown,
    after: shown,
  }),
]);
export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type AuditIntent = Extract<AuditEntry, { outcome: 'unfinished' }>;

/** What a handler tells of the change that it has made. Objects as the control plane shows them: never a value or a digest. */
export type AuditReport = {
  readonly id: string;
  /** Where it is not the project of the path. */
  readonly projectId?: string;
  /** What the caller asked to be so. */
  readonly requested?: object;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
  /** Other objects that came, changed or went along. */
  readonly related?: readonly string[];
};

/** The month in which an entry with that id was begun, and so its partition. */
export const monthOfEntry = (id: string): string => monthOf(timeOf(id));

const maxUserAgentLength = 256;

export type Attempted = Pick<AuditIntent, 'id' | 'type' | 'route' | 'requestId'> & {
  readonly apiKeyId: string;
  readonly address: string;
  readonly userAgent: string | undefined;
  /** Of the path. */
  readonly params: Readonly<Record<string, string>>;
};

export const auditIntent = ({ id, type, route, requestId, params, ...by }: Attempted): AuditIntent => ({
  outcome: 'unfinished',
  id,
  month: monthOfEntry(id),
  type,
  effectiveAt: Math.floor(timeOf(id) / 1000),
  route,
  requestId,
  actor: {
    apiKeyId: by.apiKeyId,
    address: by.address,
    userAgent: withoutKeys(by.userAgent?.slice(0, maxUserAgentLength) ?? null),
  },
  projectId: withoutKeys(params['project_id'] ?? null),
  resourceIds: withoutKeys(Object.values(params)),
});

export const auditFailure = (
  { outcome: _, ...said }: AuditIntent,
  { finishedAt, status, code }: { readonly finishedAt: number; readonly status: number; readonly code: string | null },
): AuditEntry => ({ outcome: 'failed', ...said, finishedAt, status, code });

export function auditSuccess(
  { outcome: _, ...said }: AuditIntent,
  report: AuditReport | undefined,
  { finishedAt, status }: { readonly finishedAt: number; readonly status: number },
): AuditEntry {
  const { id, projectId, requested, before, after, related = [] } = report ?? {};
  const plain = (value: object | undefined) => (value ? withoutKeys({ ...value }) : null);
  return {
    outcome: 'succeeded',
    ...said,
    finishedAt,
    status,
    projectId: projectId ?? said.projectId,
    resourceIds: [...new Set([...(id === undefined ? [] : [id]), ...said.resourceIds, ...related])],
    objectId: id ?? null,
    requested: plain(requested),
    before: plain(before),
    after: plain(after),
  };
}
