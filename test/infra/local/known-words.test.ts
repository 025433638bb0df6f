import fc from 'fast-check';
import { knownWords } from '../../../infra/local/known-words.ts';
import { routes } from '../../../infra/routes.ts';

const shown = knownWords(routes);

test.each([
  ['/v1/v1/chat/completions', '/v1/v1/chat/completions'],
  ['/chat/completions', '/chat/completions'],
  ['/v1/chat/completion', '/v1/chat/…'],
  ['/v1/models/gpt-5.5/sk-canary', '/v1/models/…/…'],
  ['/v1/{project_id}', '/v1/…'],
  ['/constructor/__proto__', '/…/…'],
])('%s is shown as %s', (path, expected) => {
  expect(shown(path)).toBe(expected);
});

test('shows nothing but words of routes, and not many (I6, I11)', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (segments) => {
      expect(shown(`/canary${segments.join('/')}`)).not.toContain('canary');
    }),
  );
  expect(shown('/models'.repeat(100_000)).length).toBeLessThan(100);
});
