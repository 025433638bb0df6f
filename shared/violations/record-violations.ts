/**
 * Writes down what guardrails found, after the answer has gone. It never throws: without the table the record is lost
 * and the answer is not (I12), and whoever runs the gateway hears of it. The log has what the record would have had, but for
 * the content, which is in no log and no metric (I6).
 */
import { randomNonce } from '../ids.ts';
import type { Log } from '../observability/log.ts';
import type { CountEvent } from '../observability/metrics.ts';
import { type SafetyFinding, unavailable } from '../safety/finding.ts';
import { type AboutCall, mostAtOnce, type Violation, violationsFrom } from './violation.ts';
import type { ViolationStore } from './violation-store.ts';

export type RecordDeps = {
  readonly violations: Pick<ViolationStore, 'append'>;
  readonly log: Log;
  readonly countEvent: CountEvent;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

/** To redact is what such a policy does all day; that nobody could look has an alarm of its own, which the moderator raises. */
const isAlarming = ({ action, categories }: SafetyFinding): boolean =>
  action !== 'redacted' && !categories.includes(unavailable);

export async function recordViolations(
  deps: RecordDeps,
  findings: readonly SafetyFinding[],
  about: AboutCall,
): Promise<void> {
  if (findings.length === 0) return;
  const { log, countEvent, now, newId } = deps;
  const call = { projectId: about.projectId, requestId: about.requestId };
  try {
    if (findings.some(isAlarming)) countEvent('SafetyViolation');
    if (findings.length > mostAtOnce) log.warn('violations left out', { ...call, found: findings.length });
    const violations = violationsFrom(findings, about, { nowMs: now(), newId, newNonce: randomNonce });
    await Promise.all(violations.map((violation) => appended(deps, violation)));
  } catch (error) {
    log.error('violations not recorded', { ...call, found: findings.length, error });
    countEvent('ViolationLost');
  }
}

async function appended({ violations, log, countEvent }: RecordDeps, violation: Violation): Promise<void> {
  try {
    await violations.append(violation);
  } catch (error) {
    const { content: _, ...rest } = violation;
    countEvent('ViolationLost');
    log.error('violation not recorded', { violation: rest, error });
  }
}
