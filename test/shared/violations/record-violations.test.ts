/** Writing violations down: what is kept, what is told, and what happens while the table is down (I12). */
import { sortableId } from '../../../shared/ids.ts';
import type { Facts } from '../../../shared/observability/log.ts';
import type { WatchedEvent } from '../../../shared/observability/metrics.ts';
import { type RecordDeps, recordViolations } from '../../../shared/violations/record-violations.ts';
import { mostAtOnce, type Violation } from '../../../shared/violations/violation.ts';
import { aboutCall, finding } from '../../support/violations.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');

function recorder(append: (violation: Violation) => Promise<void> = async () => {}) {
  const written: Violation[] = [];
  const events: WatchedEvent[] = [];
  const logs: { readonly message: string; readonly facts: Facts }[] = [];
  const note = (message: string, facts: Facts = {}) => void logs.push({ message, facts });
  const deps: RecordDeps = {
    violations: {
      async append(violation) {
        await append(violation);
        written.push(violation);
      },
    },
    log: { info: note, warn: note, error: note },
    countEvent: (event) => events.push(event),
    now: () => nowMs,
    newId: (prefix) => sortableId(prefix, nowMs),
  };
  return { deps, written, events, logs };
}

test('every finding is a violation, and the request counts once', async () => {
  const { deps, written, events, logs } = recorder();
  const findings = [
    finding(),
    finding({ guardrail: 'injection', action: 'flagged', categories: ['prompt_injection'] }),
  ];
  await recordViolations(deps, findings, aboutCall());
  expect(written.map(({ guardrail, action }) => [guardrail, action])).toEqual([
    ['moderation', 'blocked'],
    ['injection', 'flagged'],
  ]);
  expect(events).toEqual(['SafetyViolation']);
  expect(logs).toEqual([]);
});

test.each([
  ['nothing at all', [], []],
  ['what was only redacted', [finding({ action: 'redacted' })], []],
  ['what was flagged', [finding({ action: 'flagged' })], ['SafetyViolation']],
  ['what was sanitized', [finding({ action: 'sanitized' })], ['SafetyViolation']],
  ['what nobody could check', [finding({ categories: ['unavailable'] })], []],
  ['both', [finding({ categories: ['unavailable'] }), finding()], ['SafetyViolation']],
])('of %s the alarm hears what it is for', async (_, findings, expected) => {
  const { deps, written, events } = recorder();
  await recordViolations(deps, findings, aboutCall());
  expect(events).toEqual(expected);
  expect(written).toHaveLength(findings.length);
});

test('as many as one request may leave behind are written, and how many there were is told', async () => {
  const { deps, written, logs } = recorder();
  await recordViolations(
    deps,
    Array.from({ length: 1_000 }, () => finding()),
    aboutCall(),
  );
  expect(written).toHaveLength(mostAtOnce);
  expect(logs).toEqual([
    { message: 'violations left out', facts: { projectId: 'proj_a', requestId: 'request', found: 1_000 } },
  ]);
});

test('while the table is down nothing is thrown, each loss is counted, and the log has all but the content (I12, I6)', async () => {
  const canary = 'canary-of-a-violation-91';
  const { deps, written, events, logs } = recorder(async ({ action }) => {
    if (action === 'blocked') throw new Error(`no table for ${canary}`);
  });
  const findings = [finding({ text: canary }), finding({ text: canary, action: 'flagged' })];
  await recordViolations(deps, findings, aboutCall({ logContent: true }));
  expect(written.map(({ action }) => action)).toEqual(['flagged']);
  expect(events).toEqual(['SafetyViolation', 'ViolationLost']);
  expect(logs).toMatchObject([
    {
      message: 'violation not recorded',
      facts: {
        violation: { projectId: 'proj_a', action: 'blocked', categories: ['violence'], digest: expect.any(String) },
      },
    },
  ]);
  expect(logs[0]?.facts['violation']).not.toHaveProperty('content');
  expect(JSON.stringify(logs)).not.toContain(canary);
});

test('what cannot be made a violation of is lost, and throws nothing', async () => {
  const { deps, written, events, logs } = recorder();
  const broken = {
    ...deps,
    newId: () => {
      throw new Error('no ids');
    },
  };
  await recordViolations(broken, [finding()], aboutCall());
  expect(written).toEqual([]);
  expect(events).toEqual(['SafetyViolation', 'ViolationLost']);
  expect(logs.map(({ message }) => message)).toEqual(['violations not recorded']);
});
