/** Linear in the text, whatever the text is (THREATS 10, I11). */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { patternsIn, slowPatterns } from '../../support/linear.ts';
import { inOwnProcess } from '../../support/own-process.ts';
import type { Guarded } from './hostile-streams.ts';

const patterns = patternsIn(globSync(join(import.meta.dirname, '../../../shared/answer-text/*.ts')));

test('every pattern takes linear time', async () => {
  expect(patterns.length).toBeGreaterThan(8);
  expect(await slowPatterns(patterns)).toEqual([]);
});

test('hostile answers pass the guard, in one frame and in many, and in time', async () => {
  const streams = await inOwnProcess<Guarded[]>(join(import.meta.dirname, 'hostile-streams.ts'));
  expect(streams.length).toBeGreaterThan(40);
  // Mostly less than half a second of a slow machine; anything quadratic takes minutes.
  expect(streams.filter(({ ended, userMs }) => !ended || userMs > 20_000)).toEqual([]);
}, 120_000);
