/** Apart from what else is tested of them: a source that is being mutated has other patterns. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { patternsIn, slowPatterns } from '../../support/linear.ts';

test('no pattern of the translation is slow on any text', async () => {
  const folder = join(import.meta.dirname, '../../../shared/responses');
  const patterns = patternsIn(readdirSync(folder).map((file) => join(folder, file)));
  expect(patterns.length).toBeGreaterThan(0);
  expect(await slowPatterns(patterns)).toEqual([]);
});
