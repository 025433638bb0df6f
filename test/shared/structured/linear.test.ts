/** Apart from what else is tested of them: a source that is being mutated has other patterns. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { patternsIn, slowPatterns } from '../../support/linear.ts';

test('every pattern takes linear time', async () => {
  const patterns = patternsIn(globSync(join(import.meta.dirname, '../../../shared/structured/*.ts')));
  expect(patterns.length).toBeGreaterThan(5);
  expect(await slowPatterns(patterns)).toEqual([]);
});
