import { entitiesIn } from '../../../shared/redaction/entities.ts';
import { entityKinds } from '../../../shared/redaction/entity.ts';
import { pem } from './fragments.ts';

const secretsIn = (text: string): string[] =>
  entitiesIn(text, ['secrets']).map(({ start, end }) => text.slice(start, end));

const alphabet = 'q7Rt2WzK9mXb4Vn8LpD3cHs6JfG5yTaE1uQ0xZoNiBvMwCkPdSgFhUjYrAlIeO';
/** So many characters that look random; keys are put together here so that no scanner takes this file for a leak. */
const random = (length: number): string => alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
const hex = (length: number): string => 'a8f5f167f44f4964e6c998dee827110c'.repeat(6).slice(0, length);
const upper = (length: number): string => 'Q7RT2WZK9MXB4VN8LPD3CHS6JFG5YTAE'.slice(0, length);

const keys: readonly (readonly [issuer: string, key: string])[] = [
  ['OpenAI', `sk-${random(48)}`],
  ['an OpenAI project', `sk-proj-${random(40)}_${random(30)}-${random(20)}`],
  ['an OpenAI service account', `sk-svcacct-${random(60)}`],
  ['Sluice', `sk-sluice-prod_${random(54)}`],
  ['an administrator of Sluice', `sk-sluice-admin-dev_${random(54)}`],
  ['Anthropic', `sk-ant-api03-${random(93)}AA`],
  ['OpenRouter', `sk-or-v1-${hex(64)}`],
  ['Groq', `gsk_${random(52)}`],
  ['xAI', `xai-${random(62)}${random(18)}`],
  ['Hugging Face', `hf_${random(34)}`],
  ['Replicate', `r8_${random(37)}`],
  ['NVIDIA', `nvapi-${random(60)}`],
  ['AWS', `AKIA${upper(16)}`],
  ['AWS, for a session', `ASIA${upper(16)}`],
  ['the documentation of AWS', 'AKIAIOSFODNN7EXAMPLE'],
  ['Bedrock', `ABSK${random(62)}${random(62)}`],
  ['GitHub', `ghp_${random(36)}`],
  ['GitHub, for an installation', `ghs_${random(36)}`],
  ['GitHub, fine-grained', `github_pat_${random(22)}_${random(59)}`],
  ['GitLab', `glpat-${random(20)}`],
  ['Slack', `xoxb-123456789012-1234567890123-${random(24)}`],
  ['Stripe', `sk_live_${random(24)}`],
  ['Stripe, restricted', `rk_test_${random(24)}`],
  ['Stripe, for webhooks', `whsec_${random(32)}`],
  ['Google', `AIza${random(35)}`],
  ['Google OAuth', `ya29.${random(60)}`],
  ['a client of Google', `GOCSPX-${random(28)}`],
  ['npm', `npm_${random(36)}`],
  ['PyPI', `pypi-AgEIcHlwaS5vcmc${random(60)}`],
  ['Docker', `dckr_pat_${random(27)}`],
  ['SendGrid', `SG.${random(22)}.${random(43)}`],
  ['Twilio', `SK${hex(32)}`],
  ['Mailgun', `key-${hex(32)}`],
  ['Mailchimp', `${hex(32)}-us12`],
  ['Telegram', `7123456789:AA${random(33)}`],
  ['Shopify', `shpat_${hex(32)}`],
  ['DigitalOcean', `dop_v1_${hex(64)}`],
  ['Databricks', `dapi${hex(32)}`],
  ['Vault', `hvs.${random(62)}${random(30)}`],
  ['Linear', `lin_api_${random(40)}`],
  ['Grafana', `glsa_${random(32)}_${hex(8)}`],
  ['Atlassian', `ATATT3${random(62)}${random(62)}`],
  ['Azure AD', `${random(3)}8Q~${random(34)}`],
  ['age', `AGE-SECRET-KEY-1${upper(32)}${upper(26)}`],
  ['a JSON web token', `eyJ${random(33)}.eyJ${random(60)}.${random(43)}`],
];

test.each(keys)('a key of %s is found in prose, code and JSON', (_, key) => {
  expect(secretsIn(`Use ${key} for now.`)).toEqual([key]);
  expect(secretsIn(`const it = '${key}';`)).toEqual([key]);
  expect(secretsIn(`{"value":"${key}","other":1}`)).toEqual([key]);
  expect(secretsIn(`{\\"value\\":\\"line\\n${key}\\"}`)).toEqual([key]);
  expect(secretsIn(`密钥是${key}。`)).toEqual([key]);
});

const aws = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const value = hex(32);

test.each([
  ['a variable', `AWS_SECRET_ACCESS_KEY=${aws}`, aws],
  ['a profile', `aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = ${aws}`, aws],
  ['JSON', `{"SecretAccessKey":"${aws}"}`, aws],
  ['an attribute', `client_secret: "${value}"`, value],
  ['a declaration with a type', `const apiKey: string = '${value}';`, value],
  ['an environment', `os.environ["SERVICE_API_KEY"] = "${value}"`, value],
  ['a header', `curl -H "X-Api-Key: ${value}" https://example.com`, value],
  ['an authorization', `Authorization: Bearer ${random(40)}`, random(40)],
  ['basic credentials', `Authorization: Basic ${Buffer.from('ada:lovelace').toString('base64')}`, 'YWRhOmxvdmVsYWNl'],
  ['an option', `deploy --token ${value}`, value],
  ['XML', '<password>Tr0ub4dor</password>', 'Tr0ub4dor'],
  ['YAML', 'db:\n  password: Tr0ub4dor&3\n  port: 5432', 'Tr0ub4dor&3'],
  ['prose', 'My password is Tr0ub4dor&3, please log in.', 'Tr0ub4dor&3'],
  ['a quotation with signs', "password = 'p@ss(w)ord;1'", 'p@ss(w)ord;1'],
  [
    'a connection',
    `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${random(62)}${random(24)}==`,
    `${random(62)}${random(24)}==`,
  ],
  ['an address', 'postgres://admin:s3cr3tPw@db.example.com:5432/app', 's3cr3tPw'],
  [
    'an address of a hook',
    `https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/${random(24)}`,
    `T0AAAAAAA/B0BBBBBBB/${random(24)}`,
  ],
  ['a signed address', `https://a.blob.core.windows.net/c?sv=2022&sig=${random(43)}%3D`, `${random(43)}%3D`],
])('the secret in %s is found, and nothing but it', (_, text, secret) => {
  expect(secretsIn(text)).toContain(secret);
  expect(secretsIn(text).filter((found) => found !== secret && !found.startsWith('AKIA'))).toEqual([]);
});

test.each([
  ['whole', pem],
  ['whole, with escaped line ends', pem.replaceAll('\n', '\\n')],
  ['on one line', pem.replaceAll('\n', ' ')],
  ['of OpenSSH', pem.replaceAll('RSA', 'OPENSSH')],
  ['with a header', pem.replace('-\n', '-\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n')],
  ['of PGP', pem.replaceAll('RSA PRIVATE KEY', 'PGP PRIVATE KEY BLOCK').replace('-\n', '-\nVersion: GnuPG v2\n\n')],
  ['cut within a line', pem.slice(0, 130)],
])('a private key is found %s', (_, key) => {
  expect(secretsIn(`Here: ${key}`)).toEqual([key]);
});

test.each([
  ['a stand-in', 'OPENAI_API_KEY=sk-...'],
  ['another', 'export OPENAI_API_KEY="YOUR_API_KEY"'],
  ['another still', 'api_key = "sk-xxxxxxxxxxxxxxxxxxxxxxxx"'],
  ['one in brackets', 'password: <your-password>'],
  ['stars', 'password = "************"'],
  ['a reference', 'const apiKey = process.env.OPENAI_API_KEY;'],
  ['a template', 'password: {{ secrets.DB_PASSWORD_2 }}'],
  ['a call', 'token = get_token_v2(user)'],
  ['a type', 'function login(password: string, token: string | undefined) {}'],
  ['a member', 'this.password = user.password1;'],
  ['a UUID', 'id: 123e4567-e89b-12d3-a456-426614174000'],
  ['a hash of git', 'commit 9fceb02d0ae598e95dc970b74767f19372d61af8'],
  ['a digest', 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['an integrity', `"integrity": "sha512-${random(62)}${random(24)}=="`],
  ['an image', `<img src="data:image/png;base64,iVBORw0KGgo${random(62)}${random(62)}">`],
  ['a name in kebab case', '.sk-folding-cube-container { color: red }'],
  ['a package', 'pip install sk-learn-contrib-lightning'],
  ['talk of passwords', 'Choose a password that is long; a password is safer when it has 12 characters.'],
  ['talk of tokens', 'max_tokens: 1000, total_tokens: 123456789012'],
  ['a key to sort by', 'sort(key=lambda x: x[1]); map.set(key, value123)'],
  ['a publishable key', `pk_live_${random(24)}`],
  ['credentials of documentation', 'postgres://user:password@localhost:5432/db'],
  ['the shape of a private key', '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----'],
  [
    'talk of private keys',
    'It starts with -----BEGIN PRIVATE KEY----- and then the base64-encoded body follows, as everyone knows.',
  ],
  ['a public key', pem.replaceAll('RSA PRIVATE', 'PUBLIC')],
])('%s is no secret', (_, text) => {
  expect(secretsIn(text)).toEqual([]);
});

test('a secret hidden by invisible characters is found with them', () => {
  const key = `sk-proj-${random(20)}\u200b${random(20)}`;
  expect(secretsIn(`it is ${key} ok`)).toEqual([key]);
});

test('only what is asked for is looked for', () => {
  expect(
    entitiesIn(
      `${pem} sk-${random(48)} password=Tr0ub4dor&3`,
      entityKinds.filter((kind) => kind !== 'secrets'),
    ),
  ).toEqual([]);
});
