/** The request log of a project that wants one: from its policy to the lines in the bucket. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { BadRequestError, type OpenAI } from 'openai';
import type { Tenant } from './control-plane.ts';
import type { Report } from './report.ts';
import type { Scheduled } from './scheduled.ts';

/** Before the calls that are to be logged. */
export async function wishForRequestLog(report: Report, admin: OpenAI, { projectId }: Tenant): Promise<void> {
  const path = `/organization/projects/${projectId}/request_log_policy`;
  const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
  await report.check('request log policy: update, retrieve', async () => {
    const updated = await admin.post<object>(path, { body: { mode: 'metadata', retention_days: 7 }, headers });
    assert.deepEqual(await admin.get(path, { headers }), updated);
  });
  await report.check('content is not kept where the deployment has no key for it', () =>
    assert.rejects(admin.post(path, { body: { mode: 'content' }, headers }), BadRequestError),
  );
}

/** The worker gathers messages for up to a minute. */
const patienceMs = 120_000;

export async function findRequestLog(report: Report, { projectId }: Tenant, scheduled: Scheduled): Promise<void> {
  await report.check('calls stand in the request log, for as many days as the policy says', async () => {
    const untilMs = performance.now() + patienceMs;
    let found: string[] = [];
    while (found.length === 0 && performance.now() < untilMs) {
      found = (await scheduled.files()).filter((key) => key.startsWith(`request-logs/${projectId}/`));
      if (found.length === 0) await sleep(1_000);
    }
    assert.match(found[0] ?? '', /\.7d\.jsonl$/);
  });
}
