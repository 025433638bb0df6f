/** How large a picture is, from the first bytes of its file. */
export type ImageSize = { readonly width: number; readonly height: number };

/** Enough for what stands before the size; a JPEG with more of it, as of a camera's preview, is one whose size is not known. */
const headBytes = 64 * 1024;

/** Of `data:image/png;base64,…`; null where it is no such address or no such file. */
export function imageSizeOf(url: string): ImageSize | null {
  if (!url.startsWith('data:')) return null;
  const comma = url.indexOf(',');
  if (comma < 0 || !url.slice(0, comma).endsWith(';base64')) return null;
  const head = Buffer.from(url.slice(comma + 1, comma + 1 + (headBytes / 3) * 4), 'base64');
  const size = pngSize(head) ?? gifSize(head) ?? webpSize(head) ?? jpegSize(head);
  return size && size.width > 0 && size.height > 0 ? size : null;
}

/** https://www.w3.org/TR/png-3/#11IHDR */
const pngSize = (head: Buffer): ImageSize | null =>
  head.length >= 24 && head.readUInt32BE(0) === 0x89504e47
    ? { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
    : null;

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
const gifSize = (head: Buffer): ImageSize | null =>
  head.length >= 10 && head.toString('latin1', 0, 4) === 'GIF8'
    ? { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
    : null;

/** https://developers.google.com/speed/webp/docs/riff_container */
function webpSize(head: Buffer): ImageSize | null {
  if (head.length < 30 || head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WEBP') {
    return null;
  }
  const chunk = head.toString('latin1', 12, 16);
  if (chunk === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
  if (chunk === 'VP8L') {
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return chunk === 'VP8 ' ? { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff } : null;
}

/** The first segment that begins a frame has it: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.2. */
function jpegSize(head: Buffer): ImageSize | null {
  if (head.length < 4 || head.readUInt16BE(0) !== 0xffd8) return null;
  let at = 2;
  while (at + 9 <= head.length && head[at] === 0xff) {
    const marker = head[at + 1] ?? 0;
    const beginsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (beginsFrame) return { width: head.readUInt16BE(at + 7), height: head.readUInt16BE(at + 5) };
    at += 2 + head.readUInt16BE(at + 2);
  }
  return null;
}
