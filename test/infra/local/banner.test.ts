import { type BannerFacts, banner } from '../../../infra/local/banner.ts';

const facts: BannerFacts = {
  host: '127.0.0.1',
  port: 8787,
  adminKey: 'sk-admin-canary',
  adminKeyIsGiven: false,
  providers: { openai: { kind: 'openai', baseURL: 'https://api.openai.com/v1' } },
  dataFolder: '/data',
  warnings: [],
};
const shown = (changes: Partial<BannerFacts> = {}) => banner({ ...facts, ...changes });

describe('what npm start prints', () => {
  test('is where it serves, with which key, and one command that works as pasted', () => {
    expect(shown()).toContain('Base URL    http://127.0.0.1:8787/v1\n');
    expect(shown()).toContain('Admin key   sk-admin-canary\n');
    expect(shown()).toContain(
      `curl http://127.0.0.1:8787/v1/organization/projects -H "Authorization: Bearer sk-admin-canary" -H "Content-Type: application/json" -d '{"name":"first"}'\n`,
    );
  });

  test('is never a key that the user chose', () => {
    const text = shown({ adminKeyIsGiven: true });
    expect(text).not.toContain('canary');
    expect(text).toContain('-H "Authorization: Bearer $SLUICE_ADMIN_KEY"');
  });

  test.each([
    ['0.0.0.0', 'http://127.0.0.1:8787/v1'],
    ['::', 'http://127.0.0.1:8787/v1'],
    ['::1', 'http://[::1]:8787/v1'],
    ['192.168.1.5', 'http://192.168.1.5:8787/v1'],
    ['gateway.local', 'http://gateway.local:8787/v1'],
  ])('has an address that can be called when it listens on %s', (host, url) => {
    expect(shown({ host })).toContain(`Base URL    ${url}\n`);
    expect(new URL(url).href).toBe(url);
  });

  test.each<[BannerFacts['providers'], RegExp]>([
    [facts.providers, /Providers {3}openai\n/],
    [
      { ...facts.providers, demo: { kind: 'demo' } },
      /Providers {3}openai \(and demo, which asks no model; set OPENAI_API_KEY/,
    ],
    [{ demo: { kind: 'demo' } }, /Providers {3}none \(and demo, which asks no model/],
  ])('says of the providers %j what they are', (providers, expected) => {
    expect(shown({ providers })).toMatch(expected);
  });

  test('says where the data is, and every warning', () => {
    expect(shown()).toContain('Data        /data\n');
    expect(shown({ dataFolder: null })).toContain('in memory, gone when it stops');
    expect(shown({ warnings: ['one', 'two'] })).toMatch(/Warning {5}one\n {2}Warning {5}two\n/);
    expect(shown()).not.toContain('Warning');
  });
});
