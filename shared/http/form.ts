/**
 * A form with files, as `multipart/form-data` has it: https://www.rfc-editor.org/rfc/rfc7578. Node's own parser reads it, after a look at
 * how much there is to read: a hundred thousand parts, or megabytes of headers, would keep it busy for seconds (I11).
 */

/** More than any route asks for. */
const mostParts = 32;
const mostHeaderBytes = 4_096;
const longestValue = 16_384;

export type FormValue = string | File;

/** Null where the form is not one, or is more than one. */
export type Form = ReadonlyMap<string, FormValue> | null;

/** Printable, and without escapes: the parser is to look for the one that was counted, and for no other. */
const boundaryOf = (contentType: string): string | undefined => {
  const [, quoted, plain] =
    /;[ \t]{0,8}boundary=(?:"([ !#-[\]-~]{1,70})"|([!#-+\--:<-[\]-~]{1,70}))(?=[; \t]|$)/i.exec(
      contentType.slice(0, 1_024),
    ) ?? [];
  return quoted ?? plain;
};

/** Before each part its headers, which end soon; and few parts. */
function isBounded(bytes: Buffer, boundary: string): boolean {
  const delimiter = Buffer.from(`--${boundary}`);
  let parts = 0;
  for (let at = bytes.indexOf(delimiter); at !== -1; parts += 1) {
    if (parts > mostParts) return false;
    const start = at + delimiter.length;
    const isLast = bytes.toString('latin1', start, start + 2) === '--';
    const headers = bytes.subarray(start, start + mostHeaderBytes);
    if (!isLast && headers.indexOf('\r\n\r\n') === -1) return false;
    at = bytes.indexOf(delimiter, start);
  }
  return true;
}

export const isForm = (contentType: string | undefined): contentType is string =>
  contentType !== undefined && /^multipart\/form-data *(;|$)/i.test(contentType.slice(0, 64));

export async function readForm(bytes: Buffer, contentType: string): Promise<Form> {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined || !isBounded(bytes, boundary)) return null;
  // Not the caller's own: of what else a content type may say, the parser need not know.
  const headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
  const data = await new Response(new Uint8Array(bytes), { headers }).formData().catch(() => null);
  if (data === null) return null;
  const form = new Map<string, FormValue>();
  for (const [name, value] of data) {
    if (form.has(name) || (typeof value === 'string' && value.length > longestValue)) return null;
    form.set(name, value);
  }
  return form;
}

/** `expires_after[seconds]` is a member of `expires_after`. */
export function formObject(form: ReadonlyMap<string, FormValue>): Record<string, unknown> {
  const object = new Map<string, unknown>();
  const nested = new Map<string, Map<string, unknown>>();
  for (const [name, value] of form) {
    const [, outer, inner] = /^([a-z_]{1,64})\[([a-z_]{1,64})\]$/.exec(name) ?? [];
    if (outer === undefined || inner === undefined) object.set(name, value);
    else nested.set(outer, (nested.get(outer) ?? new Map()).set(inner, value));
  }
  for (const [name, members] of nested) object.set(name, Object.fromEntries(members));
  return Object.fromEntries(object);
}
