/** The first bytes of picture files, which say their size; the rest is not looked at. */
const uint16 = (value: number) => [value >> 8, value & 255];
const uint32 = (value: number) => [...uint16(value >>> 16), ...uint16(value & 0xffff)];
const little16 = (value: number) => [value & 255, value >> 8];
const ascii = (text: string) => [...Buffer.from(text, 'latin1')];

export const png = (width: number, height: number): string =>
  address('png', [
    0x89,
    ...ascii('PNG\r\n\x1a\n'),
    ...uint32(13),
    ...ascii('IHDR'),
    ...uint32(width),
    ...uint32(height),
    8,
    2,
  ]);

export const gif = (width: number, height: number): string =>
  address('gif', [...ascii('GIF89a'), ...little16(width), ...little16(height), 0, 0]);

/** With a segment of a camera's before the frame. */
export const jpeg = (width: number, height: number): string =>
  address('jpeg', [
    ...[0xff, 0xd8, 0xff, 0xe1, ...uint16(40), ...Array.from({ length: 38 }, () => 0xff)],
    ...[0xff, 0xc2, ...uint16(17), 8, ...uint16(height), ...uint16(width), 3],
  ]);

const riff = (chunk: string, rest: readonly number[]) =>
  address('webp', [...ascii('RIFF'), 0, 0, 0, 0, ...ascii(`WEBP${chunk}`), 0, 0, 0, 0, ...rest, 0, 0, 0, 0, 0, 0]);
const little24 = (value: number) => [value & 255, (value >> 8) & 255, value >> 16];

export const lossyWebp = (width: number, height: number): string =>
  riff('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, ...little16(width), ...little16(height)]);

export const losslessWebp = (width: number, height: number): string => {
  const bits = ((height - 1) << 14) | (width - 1);
  return riff('VP8L', [0x2f, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >>> 24]);
};

export const extendedWebp = (width: number, height: number): string =>
  riff('VP8X', [0, 0, 0, 0, ...little24(width - 1), ...little24(height - 1)]);

const address = (type: string, bytes: readonly number[]): string =>
  `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
