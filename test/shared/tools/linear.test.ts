/** Apart from what else is tested of them: a source that is being mutated has other patterns. */
import { patternsIn, slowPatterns } from '../../support/linear.ts';

test('the patterns that look at names, addresses and ARNs take linear time (THREATS 10)', async () => {
  const files = ['target-url', 'tool', 'function-arn', 'schemas'];
  const patterns = patternsIn(files.map((file) => `shared/tools/${file}.ts`));
  expect(patterns.length).toBeGreaterThanOrEqual(5);
  expect(await slowPatterns(patterns)).toEqual([]);
}, 60_000);
