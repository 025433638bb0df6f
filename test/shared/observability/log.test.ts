import { describe as factsOf } from '../../../shared/observability/log.ts';

/** What the canary stands for: a prompt, an answer or a key that a message quotes. */
const canary = 'sk-canary-0123456789';

const text = (thrown: unknown): string => JSON.stringify(factsOf(thrown));

describe('what the log says of an error (I6, THREATS 11)', () => {
  test('is its name, its code and where it was thrown', () => {
    const facts = factsOf(Object.assign(new TypeError('a message'), { code: 'ECONNRESET', status: 503 }));
    expect(facts).toMatchObject({ name: 'TypeError', code: 'ECONNRESET', status: 503 });
    expect(facts['frames']).toEqual(expect.arrayContaining([expect.stringMatching(/^at .*log\.test\.ts:\d+:\d+/)]));
  });

  test.each<[string, () => unknown]>([
    ['a message', () => new Error(canary)],
    ['a message of many lines', () => new Error(`a\n    at ${canary} (file:///x.ts:1:2)\n  at ${canary}\nb`)],
    ['a message that was changed after the fact', () => changed(`x\n    at ${canary}`, 'harmless')],
    ['a message that was emptied', () => changed(`x\n    at ${canary}`, '')],
    ['a parser’s message', () => thrownBy(() => JSON.parse(`{"a":\n at ${canary}}`))],
    ['a cause', () => new Error('outside', { cause: new Error(canary) })],
    ['a cause that is text', () => new Error('outside', { cause: canary })],
    ['text that was thrown', () => canary],
    ['an object that was thrown', () => ({ message: canary, name: canary })],
    ['a code that is a sentence', () => Object.assign(new Error('x'), { code: `a code of ${canary}` })],
    ['a status that is a sentence', () => Object.assign(new Error('x'), { status: `${canary}, at last` })],
    ['other members', () => Object.assign(new Error('x'), { body: canary, headers: { authorization: canary } })],
    ['errors of an aggregate', () => new AggregateError([new Error(canary)], canary)],
  ])('is nothing of %s', (_, make) => {
    expect(text(make())).not.toContain(canary);
  });

  test('keeps the frames of an error that has no message', () => {
    const silent = Object.assign(new Error(), { stack: 'Error\n    at run (file:///x.ts:1:2)' });
    expect(factsOf(silent)['frames']).toEqual(['at run (file:///x.ts:1:2)']);
  });

  test('goes down to the third cause, and no further round a circle', () => {
    const circle: Error & { cause?: unknown } = new Error('round');
    circle.cause = circle;
    const depth = (facts: unknown): number =>
      typeof facts === 'object' && facts !== null && 'cause' in facts ? 1 + depth(facts.cause) : 0;
    expect(depth(factsOf(circle))).toBe(3);
  });

  test('has eight frames at most', () => {
    const deep = (level: number): Error => (level === 0 ? new Error('x') : deep(level - 1));
    expect(factsOf(deep(20))['frames']).toHaveLength(8);
  });

  test.each([
    ['text', 'string'],
    [5, 'number'],
    [null, 'object'],
    [undefined, 'undefined'],
  ])('of %j is its type', (thrown, name) => {
    expect(factsOf(thrown)).toEqual({ name });
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Its stack has been looked at before, so it begins with the message of then. */
function changed(before: string, after: string): Error {
  const error = new Error(before);
  if (!error.stack?.includes(before)) throw new Error('the stack does not hold the message');
  error.message = after;
  return error;
}
