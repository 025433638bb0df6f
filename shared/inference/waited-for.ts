/** What a provider takes is no time of the gateway's own, whichever provider it is. */
import type { RequestReport } from '../http/call.ts';

export async function waitedFor<Result>(
  now: () => number,
  report: RequestReport,
  work: Promise<Result>,
): Promise<Result> {
  const sinceMs = now();
  try {
    return await work;
  } finally {
    report.upstreamMs = (report.upstreamMs ?? 0) + now() - sinceMs;
  }
}
