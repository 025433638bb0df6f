import { imageSizeOf } from '../../../shared/tokens/image-size.ts';
import { imageTokens } from '../../../shared/tokens/image-tokens.ts';
import { extendedWebp, gif, jpeg, losslessWebp, lossyWebp, png } from './images.ts';

describe('the size of a picture', () => {
  test.each(Object.entries({ png, gif, jpeg, lossyWebp, losslessWebp, extendedWebp }))('is read from %s', (_, made) => {
    expect(imageSizeOf(made(1_800, 2_400))).toEqual({ width: 1_800, height: 2_400 });
    expect(imageSizeOf(made(1, 7))).toEqual({ width: 1, height: 7 });
  });

  test.each([
    ['an address on the net', 'https://images.test/cat.png'],
    ['no picture', 'data:text/plain;base64,aGVsbG8='],
    ['an address without base64', 'data:image/png,%89PNG'],
    ['an address without data', 'data:image/png;base64'],
    ['nothing', ''],
    ['a picture without width', png(0, 100)],
    ['half a PNG', png(100, 100).slice(0, 40)],
    ['half a GIF', gif(100, 100).slice(0, 30)],
    ['half a JPEG', jpeg(100, 100).slice(0, 60)],
    ['half a WebP', lossyWebp(100, 100).slice(0, 50)],
    [
      'a JPEG of segments that lead nowhere',
      `data:image/jpeg;base64,${Buffer.from('ffd8ffe00000ffe00000', 'hex').toString('base64')}`,
    ],
    [
      'a megabyte of a JPEG without a frame',
      `data:image/jpeg;base64,${Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(1_000_000, 'ffe00002', 'hex')]).toString('base64')}`,
    ],
  ])('is not known of %s', (_, url) => {
    expect(imageSizeOf(url)).toBe(null);
  });
});

/** The examples of https://platform.openai.com/docs/guides/images-vision#calculating-costs */
describe('what a picture costs', () => {
  test.each([
    ['gpt-4o', 1_024, 1_024, 'high', 765],
    ['gpt-4o', 2_048, 4_096, 'high', 1_105],
    ['gpt-4o', 4_096, 8_192, 'low', 85],
    ['gpt-4o', 128, 64, 'auto', 255],
    ['gpt-4o-mini', 128, 64, 'high', 8_500],
    ['gpt-4.1', 100, 100, undefined, 255],
    ['gpt-5', 1_024, 1_024, 'high', 630],
    ['o3', 1_024, 1_024, 'high', 675],
    ['gpt-4.1-mini', 1_024, 1_024, 'high', Math.ceil(1_024 * 1.62)],
    ['gpt-4.1-mini', 1_800, 2_400, 'high', Math.ceil(1_452 * 1.62)],
    ['o4-mini', 32, 33, 'high', 4],
    ['openai/gpt-5-nano', 32, 32, 'high', 3],
    ['claude-sonnet-4-5', 1_024, 1_024, 'high', 765],
  ])('%s takes %d by %d, %s, for %d tokens', (model, width, height, detail, tokens) => {
    expect(imageTokens(model, png(width, height), detail)).toBe(tokens);
  });

  test('is the most of all sizes where the size is not known', () => {
    expect(imageTokens('gpt-4o', 'https://images.test/cat.png', 'high')).toBe(85 + 8 * 170);
    expect(imageTokens('gpt-4o', 'https://images.test/cat.png', 'low')).toBe(85);
    expect(imageTokens('gpt-4.1-mini', 'https://images.test/cat.png', 'low')).toBe(Math.ceil(1_536 * 1.62));
    for (const [width, height] of [
      [1, 100_000],
      [100_000, 1],
      [65_535, 65_535],
      [769, 2_049],
    ] as const) {
      expect(imageTokens('gpt-4o', png(width, height), 'high')).toBeLessThanOrEqual(85 + 8 * 170);
      expect(imageTokens('gpt-4.1-mini', png(width, height), 'high')).toBeLessThanOrEqual(Math.ceil(1_536 * 1.62));
    }
  });
});
