/** Linear in the request, whatever it holds (THREATS 10, I11). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectLinear, patternsIn } from '../../support/linear.ts';

const folder = join(import.meta.dirname, '../../../shared/safety');
const patterns = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => patternsIn(readFileSync(join(folder, file), 'utf8')).map((pattern) => [file, pattern] as const));

test('the patterns of the readers are found in their source', () => {
  expect(patterns.length).toBeGreaterThan(5);
});

test.each(patterns)('%s: %s takes linear time', async (_, pattern) => {
  await expectLinear(pattern);
});
