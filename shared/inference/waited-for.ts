/** What a provider takes is no time of the gateway's own, whichever provider it is. */
import type { RequestReport } from '../http/call.ts';
import { during } from '../observability/trail.ts';

export async function waitedFor<Result>(
  now: () => number,
  report: RequestReport,
  stage: 'moderation' | 'tools',
  work: Promise<Result>,
): Promise<Result> {
  const sinceMs = now();
  try {
    return await during(report.trail, stage, () => work);
  } finally {
    report.upstreamMs = (report.upstreamMs ?? 0) + now() - sinceMs;
  }
}
