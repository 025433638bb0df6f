import fc from 'fast-check';
import parse from 'parse-prometheus-text-format';
import { exposition } from '../../../../infra/local/metrics/exposition.ts';

test('is what the documentation of the format shows', () => {
  const text = exposition([
    { name: 'a_total', type: 'counter', help: 'What a is.', samples: [{ labels: {}, value: 3 }] },
    {
      name: 'b',
      type: 'gauge',
      help: 'What b is.',
      samples: [{ labels: { path: 'C:\\DIR', said: '"no"\n' }, value: 1.5e-7 }],
    },
    { name: 'never', type: 'counter', help: 'Nothing is known of it.', samples: [] },
  ]);
  expect(text).toBe(
    [
      '# HELP a_total What a is.',
      '# TYPE a_total counter',
      'a_total 3',
      '# HELP b What b is.',
      '# TYPE b gauge',
      'b{path="C:\\\\DIR",said="\\"no\\"\\n"} 1.5e-7',
      '',
    ].join('\n'),
  );
});

test('a parser reads out of it what was put in, whatever labels hold', () => {
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), value, (one, other, number) => {
      // JavaScript's own parser of lines would end one there as well.
      const samples = [{ labels: { one: one.replace(/\r/g, ''), other }, value: number }];
      const [family] = parse(exposition([{ name: 'x', type: 'gauge', help: 'X.', samples }]));
      expect(family).toMatchObject({ name: 'x', type: 'GAUGE', help: 'X.' });
      expect(family?.metrics).toHaveLength(1);
      expect(family?.metrics[0]?.labels).toEqual(samples[0]?.labels);
      expect(Number(family?.metrics[0]?.value)).toBe(number + 0);
    }),
  );
});
