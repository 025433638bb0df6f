/** The text of a file that comes within a request, as a data URL or as bare base64. https://www.rfc-editor.org/rfc/rfc2397 */

export type FileText = {
  readonly text: string;
  /** Null where the file could not be written again without becoming longer. */
  readonly written: ((text: string) => string) | null;
};

const byteOrderMark = '\ufeff';
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const longestHeader = 256;

type Payload = {
  readonly head: string;
  readonly bytes: Buffer;
  readonly charset: string;
  readonly base64: string | null;
};

function percentDecoded(payload: string): Buffer | null {
  try {
    return Buffer.from(decodeURIComponent(payload));
  } catch {
    return null;
  }
}

function payloadOf(file: string): Payload | null {
  if (!/^data:/i.test(file)) return { head: '', bytes: Buffer.from(file, 'base64'), charset: '', base64: file };
  const comma = file.indexOf(',');
  if (comma === -1 || comma > longestHeader) return null;
  const head = file.slice(0, comma + 1);
  const parameters = head
    .slice(0, -1)
    .toLowerCase()
    .split(';')
    .slice(1)
    .map((parameter) => parameter.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length) ?? '';
  const payload = file.slice(comma + 1);
  if (parameters.at(-1) === 'base64') return { head, bytes: Buffer.from(payload, 'base64'), charset, base64: payload };
  const bytes = percentDecoded(payload);
  return bytes && { head, bytes, charset, base64: null };
}

function decoded(bytes: Buffer, charset: string): string | null {
  try {
    return new TextDecoder(charset.replaceAll('"', ''), { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function utf8(bytes: Buffer): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** Of UTF-16, as Windows writes it. */
const hasWideMark = (bytes: Buffer): boolean => bytes[0] === 0xff && bytes[1] === 0xfe;
const isBinary = (text: string): boolean => text.includes('\0') || text.startsWith('%PDF-');
/** What is called text and is not UTF-8 is mostly an old encoding, in which English is the same. */
const isCalledText = (head: string): boolean => /^data:(text\/|application\/(json|xml|yaml|x-yaml))/i.test(head);

const asUtf8 = (text: string, { head, base64 }: Payload): FileText => {
  const mark = text.startsWith(byteOrderMark) ? byteOrderMark : '';
  if (base64 === null) return { text: text.slice(mark.length), written: null };
  const padded = base64.length % 4 === 0;
  const written = (edited: string): string => {
    const bytes = Buffer.from(mark + edited).toString('base64');
    return head + (padded ? bytes : bytes.replaceAll('=', ''));
  };
  return { text: text.slice(mark.length), written };
};

/** Null where it is no text, whatever its type says: a provider may look at the name, or into it. */
export function fileText(file: string): FileText | null {
  const payload = payloadOf(file);
  if (payload === null || payload.bytes.length === 0) return null;
  const { head, bytes, charset } = payload;
  const known = charset === '' || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
  const text = known && !hasWideMark(bytes) ? utf8(bytes) : null;
  if (text !== null) return isBinary(text) ? null : asUtf8(text, payload);

  const other =
    decoded(bytes, hasWideMark(bytes) ? 'utf-16le' : charset) ??
    (isCalledText(head) ? decoded(bytes, 'windows-1252') : null);
  return other === null || isBinary(other) ? null : { text: other, written: null };
}
