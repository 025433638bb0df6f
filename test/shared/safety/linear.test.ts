/** Linear in the request, whatever it holds (THREATS 10, I11). */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { patternsIn, slowPatterns } from '../../support/linear.ts';

const patterns = patternsIn(globSync(join(import.meta.dirname, '../../../shared/safety/**/*.ts')));

test('every pattern takes linear time', async () => {
  expect(patterns.length).toBeGreaterThan(5);
  expect(await slowPatterns(patterns)).toEqual([]);
});
