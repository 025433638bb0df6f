import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSecrets, newSecrets } from '../../../infra/local/secrets-file.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const newFolder = () => join(temporaryFolder(), 'data', 'inside');

describe('the secrets of one machine', () => {
  test('are made once, and then kept', () => {
    const folder = newFolder();
    const made = loadSecrets(folder);
    expect(loadSecrets(folder)).toEqual(made);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
  });

  test('are readable by their owner alone', () => {
    const folder = newFolder();
    loadSecrets(folder);
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  test('are long and never the same', () => {
    const [first, second] = [newSecrets(), newSecrets()];
    expect(first.adminKey).toMatch(/^sk-admin-[A-Za-z0-9_-]{32}$/);
    expect(first.peppers['1']?.length).toBeGreaterThanOrEqual(64);
    expect(first.adminKey).not.toBe(second.adminKey);
    expect(first.peppers['1']).not.toBe(second.peppers['1']);
  });

  test('of before there was a request log get a key for it, once, and stay as they are otherwise', () => {
    const folder = newFolder();
    const { requestLogKey, ...before } = loadSecrets(folder);
    const file = join(folder, 'secrets.json');
    writeFileSync(file, JSON.stringify(before), { mode: 0o600 });
    const completed = loadSecrets(folder);
    expect(completed).toEqual({ ...before, requestLogKey: expect.stringMatching(/^[\w-]{43}$/) });
    expect(completed.requestLogKey).not.toBe(requestLogKey);
    expect(loadSecrets(folder)).toEqual(completed);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, 60)],
    ['empty', () => ''],
    ['without peppers', (text: string) => JSON.stringify({ ...JSON.parse(text), peppers: undefined })],
    ['with a short key', (text: string) => JSON.stringify({ ...JSON.parse(text), adminKey: 'short' })],
    [
      'with a pepper that is no version',
      (text: string) => JSON.stringify({ ...JSON.parse(text), peppers: { x: 'p'.repeat(40) } }),
    ],
  ])('that are damaged (%s) are never replaced, and the message quotes none of them', (_, damage) => {
    const folder = newFolder();
    const { adminKey } = loadSecrets(folder);
    const file = join(folder, 'secrets.json');
    const damaged = damage(readFileSync(file, 'utf8'));
    writeFileSync(file, damaged);
    expect(() => loadSecrets(folder)).toThrow(/secrets\.json is damaged\. Restore it, or delete the folder/);
    expect(() => loadSecrets(folder)).not.toThrow(adminKey.slice(0, 12));
    expect(readFileSync(file, 'utf8')).toBe(damaged);
  });
});
