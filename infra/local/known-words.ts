/** A path that no route has, without what might be anything in it: a key, say, or a prompt (I6). */
import type { Route } from '../../shared/http/route.ts';

/** Those that a mistaken baseURL puts into the wrong places. */
const wordsOf = (routes: readonly Route[]): ReadonlySet<string> =>
  new Set(['v1', ...routes.flatMap(({ path }) => path.split('/').filter((word) => !word.startsWith('{')))]);

/** Nobody needs more to see what is wrong. */
const mostSegments = 8;

export function knownWords(routes: readonly Route[]): (path: string) => string {
  const words = wordsOf(routes);
  return (path) => {
    const segments = path.split('/', mostSegments + 1);
    return segments.map((segment) => (words.has(segment) ? segment : '…')).join('/');
  };
}
