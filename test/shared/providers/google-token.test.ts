import { generateKeyPairSync } from 'node:crypto';
import { googleTokens } from '../../../shared/providers/google-token.ts';

const pem = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const keyFile = (id: string, private_key: unknown = pem()) =>
  JSON.stringify({ client_email: 'a@p.iam.gserviceaccount.com', private_key_id: id, private_key });

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

test('a token is made once, and again before it ends', () => {
  let nowMs = 1_000_000;
  const token = googleTokens(() => nowMs);
  const file = keyFile('1');
  const first = token(file);
  nowMs += 2_999_000;
  expect(token(file)).toBe(first);
  nowMs += 1_000;
  const second = token(file);
  expect(second).not.toBe(first);
  expect(claimsOf(second)).toMatchObject({ iat: 4_000, exp: 7_600 });
});

test('another key has another token', () => {
  const token = googleTokens(() => 0);
  const [one, two] = [keyFile('1'), keyFile('2')];
  expect(token(one)).not.toBe(token(two));
  expect(JSON.parse(Buffer.from(token(two).split('.')[0] ?? '', 'base64url').toString())).toEqual({
    alg: 'RS256',
    typ: 'JWT',
    kid: '2',
  });
});

test.each([
  ['is no JSON', 'canary'],
  ['is not a key file', '{"canary":1}'],
  ['holds no key', keyFile('1', 'canary')],
])('a secret that %s is our fault, and says nothing of itself (I6)', (_, secret) => {
  const made = () => googleTokens(() => 0)(secret);
  expect(made).toThrow(expect.objectContaining({ why: 'upstream_auth' }));
  try {
    made();
  } catch (error) {
    expect(JSON.stringify([String(error), String((error as Error).cause)])).not.toContain('canary');
  }
});
