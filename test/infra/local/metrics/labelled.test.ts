import { counter, histogram } from '../../../../infra/local/metrics/labelled.ts';

const about = { name: 'x', help: 'X.' };

test('a counter adds up by its labels, in whole parts of its unit', () => {
  const dollars = counter(about, 1_000_000);
  for (let times = 0; times < 10; times += 1) dollars.add({ model: 'a' }, 100_000);
  dollars.add({ model: 'b' }, 1);
  expect(dollars.family()).toEqual({
    ...about,
    type: 'counter',
    samples: [
      { labels: { model: 'a' }, value: 1 },
      { labels: { model: 'b' }, value: 0.000001 },
    ],
  });
});

test('a histogram counts what is not above each bound, and all of it at +Inf', () => {
  const seconds = histogram(about, [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 2]) seconds.observe({ route: 'r' }, value);
  const { samples } = seconds.family();
  expect(samples.map(({ suffix, labels, value }) => [suffix, labels['le'], value])).toEqual([
    ['_bucket', '0.1', 2],
    ['_bucket', '1', 3],
    ['_bucket', '+Inf', 4],
    ['_sum', undefined, 2.65],
    ['_count', undefined, 4],
  ]);
});

test('labels with the same text in other places are others', () => {
  const requests = counter(about);
  requests.add({ a: 'x', b: '' });
  requests.add({ a: '', b: 'x' });
  expect(requests.family().samples).toHaveLength(2);
});
