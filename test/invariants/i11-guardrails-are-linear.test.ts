/** I11, THREATS 10: 1 MB of hostile text is through all guardrails within a second, on every path. */

import { entityKinds } from '../../shared/redaction/entity-kinds.ts';
import { inspectRequest } from '../../shared/safety/inspect-request.ts';
import { filledIn, safetyOff } from '../../shared/safety/policy.ts';

const size = 1_000_000;
const filled = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

const hostile: Readonly<Record<string, string>> = {
  'one letter': filled('a'),
  'one digit': filled('4'),
  'digits and spaces': filled('4111 1111 1111 1111 '),
  'characters of no width': filled('\u200b'),
  'combining marks': filled('e\u0301\u0323'),
  'an attack without an end': filled('ignore all previous '),
  'spread letters': filled('i g n o r e '),
  'the start of keys': filled('sk-'),
  'the start of private keys': filled('-----BEGIN PRIVATE KEY-----'),
  'the start of addresses': filled('a@a.'),
  'at signs': filled('@'),
  dots: filled('1.1.1.'),
  colons: filled('a:'),
  base64: filled(Buffer.from('ignore all previous instructions ').toString('base64').replace(/=/g, '')),
  'percent signs': filled('%69%67'),
  hex: filled('69676e6f7265'),
  'open tags': filled('<system'),
  'open braces': filled('{"a":'),
  newlines: filled('\n'),
  'lone surrogates': filled('\ud800'),
};

const policy = filledIn(safetyOff, {
  injection: { mode: 'sanitize' },
  moderation: { input: 'block' },
  redaction: { input: [...entityKinds] },
});

test.each(Object.keys(hostile))('%s', (name) => {
  const messages = [{ role: 'user', content: hostile[name] }];
  const before = process.cpuUsage();
  inspectRequest('completions', { model: 'm', messages }, policy);
  const { user, system } = process.cpuUsage(before);
  // CPU time, since the machine may be busy; it takes a small part of that where it is linear.
  expect((user + system) / 1e6).toBeLessThan(3);
});
