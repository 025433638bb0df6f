import { readCacheControl } from '../../../shared/cache/cache-control.ts';

const nothing = { noStore: false, noCache: false, onlyIfCached: false, maxAgeSeconds: null };

test.each([
  [undefined, {}],
  ['', {}],
  ['no-cache', { noCache: true }],
  ['No-Store', { noStore: true }],
  ['only-if-cached, max-age=60', { onlyIfCached: true, maxAgeSeconds: 60 }],
  [' max-age = 0 ', { maxAgeSeconds: 0 }],
  [' max-age = 7 ', { maxAgeSeconds: 7 }],
  ['max-age=9=9', { maxAgeSeconds: 0 }],
  ['max-age="90"', { maxAgeSeconds: 90 }],
  ['max-age=90, max-age=9', { maxAgeSeconds: 9 }],
  ['max-age=-1', { maxAgeSeconds: 0 }],
  ['max-age=1e9', { maxAgeSeconds: 0 }],
  ['max-age', { maxAgeSeconds: 0 }],
  ['max-stale=5, stale-if-error=6, x-no-cache, no-cachet', {}],
])('%j asks for %j', (header, expected) => {
  expect(readCacheControl(header)).toEqual({ ...nothing, ...expected });
});
