/** A report made of rows that a test has made up, without a database. */

import { type ApiKey, apiKeySchema } from '../../shared/keys/api-key.ts';
import { organizationSchema } from '../../shared/organization/organization.ts';
import { type Project, projectSchema } from '../../shared/projects/project.ts';
import { makeReport } from '../../shared/report/make-report.ts';
import { type Period, periodBetween } from '../../shared/report/period.ts';
import type { Report } from '../../shared/report/report.ts';
import type { StoredAttempt } from '../../shared/usage/attempt.ts';
import type { Violation } from '../../shared/violations/violation.ts';

export const november = periodBetween(Date.parse('2026-11-01'), Date.parse('2026-12-01'));

export const projectCalled = (id: string, changes: Partial<Project> = {}): Project =>
  projectSchema.parse({ id, name: id, createdAt: 1, archivedAt: null, ...changes });

export const keyCalled = (id: string, projectId: string, changes: Partial<ApiKey> = {}): ApiKey =>
  apiKeySchema.parse({
    id,
    projectId,
    serviceAccountId: 'svc',
    name: id,
    scopes: [],
    redactedValue: 'sk-…',
    createdAt: 1,
    expiresAt: null,
    lastUsedAt: null,
    ...changes,
  });

export type Told = {
  readonly rows?: readonly StoredAttempt[];
  readonly violations?: readonly Violation[];
  readonly projects?: readonly Project[];
  readonly keys?: readonly ApiKey[];
  readonly period?: Period;
  readonly organizationLimitMicroUsd?: number | null;
  readonly nowMs?: number;
};

export function reportOf({
  rows = [],
  violations = [],
  projects = [projectCalled('proj_a'), projectCalled('proj_b')],
  keys = [],
  period = november,
  organizationLimitMicroUsd = null,
  nowMs = Date.parse('2026-12-01T01:00:00Z'),
}: Told): Promise<Report> {
  return makeReport(
    {
      usage: {
        async *between(projectId, fromMs, toMs) {
          for (const row of rows) {
            if (row.projectId === projectId && row.startedAtMs >= fromMs && row.startedAtMs < toMs) yield row;
          }
        },
      },
      violations: {
        async *within(projectId, { from, to }, order) {
          const found = violations.filter((one) => one.projectId === projectId && one.id >= from && one.id <= to);
          yield* found.sort((a, b) => (a.id < b.id === (order === 'asc') ? -1 : 1));
        },
      },
      projects: { list: async () => ({ items: projects, hasMore: false }) },
      keys: {
        list: async (projectId, { after, limit }) => {
          const own = keys.filter((key) => key.projectId === projectId);
          const from = after === undefined ? 0 : own.findIndex(({ id }) => id === after) + 1;
          return { items: own.slice(from, from + limit), hasMore: own.length > from + limit };
        },
      },
      organization: {
        get: async () => organizationSchema.parse({ spendLimitMicroUsd: organizationLimitMicroUsd }),
      },
      now: () => nowMs,
    },
    period,
  );
}
