/** Linear in the text, whatever the text is (THREATS 10, I11). */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { patternsIn, slowPatterns } from '../../support/linear.ts';
import { inOwnProcess } from '../../support/own-process.ts';
import type { Counted } from './hostile-counts.ts';

const patterns = patternsIn(globSync(join(import.meta.dirname, '../../../shared/tokens/*.ts')));

test('every pattern takes linear time', async () => {
  expect(patterns.length).toBeGreaterThan(8);
  expect(await slowPatterns(patterns)).toEqual([]);
});

test('a megabyte of anything is counted, and in time', async () => {
  const counted = await inOwnProcess<Counted[]>(join(import.meta.dirname, 'hostile-counts.ts'));
  expect(counted.length).toBeGreaterThan(60);
  expect(counted.filter(({ tokens }) => tokens < 1_000)).toEqual([]);
  // Mostly less than half a second of a slow machine. 100,000 times one letter take tiktoken 41 s, and a million minutes.
  expect(counted.filter(({ userMs }) => userMs > 10_000)).toEqual([]);
  // Eight times the text takes what is quadratic 64 times as long; below that is the noise of a busy machine.
  expect(counted.filter(({ userMs, eighthMs }) => userMs > 32 * Math.max(eighthMs, 50))).toEqual([]);
}, 300_000);
