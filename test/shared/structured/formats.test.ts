/** Known formats, by what is one and what is not. */
import { formats } from '../../../shared/structured/formats.ts';

const cases: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> = {
  date: [
    ['2026-11-22', '2024-02-29', '2000-02-29', '0000-02-29', '0099-12-31'],
    [
      '2026-02-29',
      '1900-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-01-00',
      '2026-04-31',
      '26-01-01',
      '2026-1-1',
      '2026-01-01 ',
    ],
  ],
  time: [
    ['10:00:00Z', '23:59:60z', '10:00:00.123456+05:30', '00:00:00-00:00'],
    ['10:00:00', '24:00:00Z', '10:60:00Z', '10:00:61Z', '10:00Z', '10:00:00.Z', '10:00:00+24:00'],
  ],
  'date-time': [
    ['2026-11-22T10:00:00Z', '2026-11-22t10:00:00z', '2026-11-22 10:00:00+01:00'],
    ['2026-11-22', '2026-11-22T10:00:00', '2026-02-30T10:00:00Z', '2026-11-22_10:00:00Z'],
  ],
  duration: [
    ['P1D', 'PT1H', 'P1Y2M3DT4H5M6S', 'P3W', 'PT36H'],
    ['', 'P', 'PT', 'P1', '1D', 'P1DT', 'P1D2Y', 'PT1D', 'P1W2D', 'P-1D'],
  ],
  email: [
    ['a@example.com', 'first.last+tag@sub.example.com', "o'hara@example.com"],
    [
      'a',
      '@example.com',
      'a@',
      'a@b@',
      '.a@example.com',
      'a..b@example.com',
      'a@-example.com',
      `${'a'.repeat(65)}@example.com`,
    ],
  ],
  hostname: [
    ['localhost', 'example.com', 'xn--nxasmq6b.example', 'a1.b-2'],
    ['', '.', 'a..b', '-a', 'a-', 'a_b', 'a'.repeat(64), Array.from({ length: 130 }, () => 'a').join('.')],
  ],
  ipv4: [
    ['127.0.0.1', '255.255.255.255'],
    ['256.0.0.1', '1.2.3', '01.2.3.4', '1.2.3.4/8'],
  ],
  ipv6: [
    ['::1', '2001:db8::1', '::ffff:127.0.0.1'],
    ['1', ':::', '2001:db8::g', 'fe80::1%eth0'],
  ],
  uuid: [
    ['123e4567-e89b-12d3-a456-426614174000', '123E4567-E89B-12D3-A456-426614174000'],
    [
      '123e4567e89b12d3a456426614174000',
      'urn:uuid:123e4567-e89b-12d3-a456-426614174000',
      '123e4567-e89b-12d3-a456-42661417400g',
    ],
  ],
};

test('every known format has its cases', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(formats).sort());
});

test.each(Object.entries(cases))('%s', (name, [good, bad]) => {
  const isFormat = formats[name] ?? (() => false);
  expect(good.filter((text) => !isFormat(text))).toEqual([]);
  expect(bad.filter((text) => isFormat(text))).toEqual([]);
});
