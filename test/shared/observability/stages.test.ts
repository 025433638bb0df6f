import fc from 'fast-check';
import {
  type Span,
  type Stage,
  stagesAfterFirstByte,
  stagesBeforeFirstByte,
  stageTimes,
} from '../../../shared/observability/stages.ts';

const span = (stage: Stage, startMs: number, endMs: number | null): Span => ({ stage, startMs, endMs });

const moments = { receivedAtMs: 1_000, firstByteAtMs: 1_100, lastByteAtMs: 1_400, settledAtMs: 1_430, streamed: true };

test('stages that follow on each other have their own time each', () => {
  const spans = [span('authenticate', 1_000, 1_010), span('admission', 1_010, 1_025), span('upstream', 1_030, 1_100)];
  expect(stageTimes(spans, moments)).toEqual({
    authenticate: 10,
    admission: 15,
    upstream: 70,
    streaming: 300,
    settlement: 30,
  });
});

test('what lies within another stage is not counted twice', () => {
  const spans = [span('operation', 1_010, 1_100), span('upstream', 1_020, 1_060), span('guardrailsOut', 1_060, 1_090)];
  expect(stageTimes(spans, moments)).toMatchObject({ operation: 20, upstream: 40, guardrailsOut: 30 });
});

test('of two at the same time, the later one has it', () => {
  const spans = [span('moderation', 1_000, 1_050), span('upstream', 1_020, 1_080)];
  expect(stageTimes(spans, moments)).toMatchObject({ moderation: 20, upstream: 60 });
});

test('the same stage twice is added up', () => {
  const spans = [span('upstream', 1_000, 1_020), span('retryWait', 1_020, 1_030), span('upstream', 1_030, 1_090)];
  expect(stageTimes(spans, moments)).toMatchObject({ upstream: 80, retryWait: 10 });
});

test('what lasts beyond the first byte, or begins after it, is streaming', () => {
  const spans = [span('operation', 1_050, null), span('upstream', 1_080, 1_300), span('tools', 1_300, 1_350)];
  expect(stageTimes(spans, moments)).toEqual({ operation: 30, upstream: 20, streaming: 300, settlement: 30 });
});

test('a whole answer has no streaming, and what took no time is left out', () => {
  const spans = [span('authenticate', 1_000, 1_000), span('input', 1_000, 1_001)];
  expect(stageTimes(spans, { ...moments, lastByteAtMs: 1_101, settledAtMs: 1_101, streamed: false })).toEqual({
    input: 1,
  });
});

test('the stages before the first byte never add up to more than the time until it, whatever overlaps', () => {
  const moment = fc.integer({ min: 900, max: 1_300 });
  const spans = fc.array(
    fc
      .tuple(fc.constantFrom(...stagesBeforeFirstByte), moment, fc.option(moment))
      .map(([stage, startMs, endMs]) => span(stage, startMs, endMs === null ? null : Math.max(startMs, endMs))),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 200 }), (noted, firstByteMs) => {
      const firstByteAtMs = 1_000 + firstByteMs;
      const times = stageTimes(noted, { ...moments, firstByteAtMs });
      const before = stagesBeforeFirstByte.map((stage) => times[stage] ?? 0);
      expect(Math.min(...Object.values(times), 0)).toBe(0);
      expect(before.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(firstByteMs);
    }),
  );
});

test('where every moment is covered, they add up to it exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 20 }), (pairs) => {
      const inner = pairs.map(([one, other]) =>
        span('upstream', 1_000 + Math.min(one, other), 1_000 + Math.max(one, other)),
      );
      const times = stageTimes([span('operation', 1_000, null), ...inner], moments);
      expect((times.operation ?? 0) + (times.upstream ?? 0)).toBe(100);
    }),
  );
});

test('names are fit for a field of a query', () => {
  const names = [...stagesBeforeFirstByte, ...stagesAfterFirstByte];
  expect(names.filter((name) => !/^[a-zA-Z]{1,20}$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});
