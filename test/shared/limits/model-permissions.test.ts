import { mayUse } from '../../../shared/limits/model-permissions.ts';

const allow = (...modelIds: string[]) => ({ mode: 'allow_list' as const, modelIds });
const deny = (...modelIds: string[]) => ({ mode: 'deny_list' as const, modelIds });

test('where nothing is set, every model may be used', () => {
  expect(mayUse(null, 'gpt-4o')).toBe(true);
});

test.each<[string[], string, boolean]>([
  [[], 'gpt-4o', false],
  [['gpt-4o'], 'gpt-4o', true],
  [['gpt-4o'], 'gpt-4o-mini', false],
  [['gpt-4o-mini'], 'gpt-4o', false],
  [['gpt-4o'], 'GPT-4o', false],
  [['gpt-4o*'], 'gpt-4o', true],
  [['gpt-4o*'], 'gpt-4o-mini', true],
  [['gpt-4o*'], 'my-gpt-4o', false],
  [['gpt-4o*'], 'gpt-4', false],
  [['*'], 'anything', true],
  [['house', 'gpt-*'], 'gpt-4o', true],
  // A dot is a dot, and not any character.
  [['gpt-4.1'], 'gpt-4x1', false],
  [['gpt-4.*'], 'gpt-4x1', false],
])('a list of %j names %s: %s', (modelIds, model, named) => {
  expect(mayUse(allow(...modelIds), model)).toBe(named);
  expect(mayUse(deny(...modelIds), model)).toBe(!named);
});
