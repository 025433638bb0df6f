/** What the README says of the detectors is what was measured. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
const readme = read('README.md');

/** The lines of the tables of a section. */
const tableLines = (file: string, section: string): string[] => {
  const [, text = ''] = read(file).split(`\n## ${section}\n`);
  const [body = ''] = text.split('\n## ');
  return body.split('\n').filter((line) => line.startsWith('|'));
};

test.each([
  ['bench/injection.md', 'In short'],
  ['bench/injection.md', 'Held out'],
  ['bench/redaction.md', 'What is found'],
])('%s: %s', (file, section) => {
  const lines = tableLines(file, section);
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => !readme.includes(line))).toEqual([]);
});

test('every page that it links to is there', () => {
  const links = [...readme.matchAll(/\]\(((?:docs|bench)\/[^)#]+)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(10);
  for (const link of new Set(links))
    expect(() => read(link.replace(/^docs\/adr$/, 'docs/adr/0001-typescript-runs-as-it-is.md'))).not.toThrow();
});
