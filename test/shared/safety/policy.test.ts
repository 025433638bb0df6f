import { type SafetyWishes, safetyOf, safetyWishesSchema } from '../../../shared/safety/policy.ts';

const every: Required<SafetyWishes> = {
  injection: { mode: 'block', threshold: 0.1 },
  moderation: {
    input: 'block',
    output: 'flag',
    categories: ['hate'],
    threshold: 0.2,
    thresholds: { hate: 0.3 },
    require_all: true,
    on_unavailable: 'allow',
    alongside: true,
    timeout_ms: 50,
    window: 20,
  },
  redaction: { input: ['ip'], output: ['iban'], restore: true },
  retry_safely: 0,
  log_content: true,
  messages: { blocked: 'No.' },
};

test('what nobody wishes is off, and what could not be checked then does not pass (I8)', () => {
  const { injection, moderation, redaction, log_content } = safetyOf({}, {});
  expect(injection.mode).toBe('off');
  expect(moderation).toMatchObject({ input: 'off', output: 'off', on_unavailable: 'block', alongside: false });
  expect(redaction).toEqual({ input: [], output: [], restore: false });
  expect(log_content).toBe(false);
});

test.each([
  ['the document', safetyOf(every, {})],
  ['the project', safetyOf({}, every)],
])('every wish of %s holds', (_, policy) => {
  expect(policy).toEqual(every);
});

test("a project's wish is before the document's, member by member; what it leaves undefined is not said", () => {
  const policy = safetyOf(every, {
    injection: { mode: 'off', threshold: undefined },
    moderation: { require_all: false, on_unavailable: 'block' },
    redaction: { output: [] },
    retry_safely: 2,
    log_content: false,
  });
  expect(policy).toEqual({
    ...every,
    injection: { mode: 'off', threshold: 0.1 },
    moderation: { ...every.moderation, require_all: false, on_unavailable: 'block' },
    redaction: { ...every.redaction, output: [] },
    retry_safely: 2,
    log_content: false,
  });
});

test('the bounds are allowed', () => {
  const { moderation } = every;
  for (const part of [
    every,
    { injection: { threshold: 0 }, retry_safely: 3 },
    { injection: { threshold: 1 }, messages: { blocked: 'x'.repeat(2_000) } },
    { moderation: { ...moderation, timeout_ms: 60_000, window: 8_000 } },
  ]) {
    expect(safetyWishesSchema.safeParse(part).success).toBe(true);
  }
});

test.each<[string, unknown]>([
  ['an unknown member', { unknown: 1 }],
  ['an unknown member of injection', { injection: { unknown: 1 } }],
  ['an unknown member of moderation', { moderation: { unknown: 1 } }],
  ['an unknown member of redaction', { redaction: { unknown: 1 } }],
  ['an unknown member of messages', { messages: { unknown: 1 } }],
  ['an unknown mode', { injection: { mode: 'refuse' } }],
  ['to sanitize moderation', { moderation: { input: 'sanitize' } }],
  ['a score below 0', { injection: { threshold: -0.1 } }],
  ['a score above 1', { moderation: { threshold: 1.1 } }],
  ['a threshold of no category', { moderation: { thresholds: { boredom: 0.1 } } }],
  ['no category', { moderation: { categories: [] } }],
  ['an unknown category', { moderation: { categories: ['boredom'] } }],
  ['another way when unavailable', { moderation: { on_unavailable: 'flag' } }],
  ['too short a time', { moderation: { timeout_ms: 49 } }],
  ['too long a time', { moderation: { timeout_ms: 60_001 } }],
  ['half a millisecond', { moderation: { timeout_ms: 50.5 } }],
  ['too small a window', { moderation: { window: 19 } }],
  ['too large a window', { moderation: { window: 8_001 } }],
  ['an unknown kind of entity', { redaction: { input: ['name'] } }],
  ['too many attempts', { retry_safely: 4 }],
  ['fewer than none', { retry_safely: -1 }],
  ['an empty message', { messages: { blocked: '' } }],
  ['too long a message', { messages: { blocked: 'x'.repeat(2_001) } }],
])('%s is refused', (_, wishes) => {
  expect(safetyWishesSchema.safeParse(wishes).success).toBe(false);
});
