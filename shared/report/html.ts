/** Pages as templates: whatever is put into one is escaped, but for what is a template itself. */
const made: unique symbol = Symbol('html');
export type Html = { readonly [made]: string };

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for quoted attributes. Characters that turn the direction of what follows are left out. */
export const escaped = (text: string): string =>
  text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').replace(/[&<>"']/g, (character) => escapes[character] ?? '');

export type Piece = Html | string | number | null | readonly (Html | null)[];

const isHtml = (piece: Piece): piece is Html => typeof piece === 'object' && piece !== null && made in piece;

function written(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'string') return escaped(piece);
  if (typeof piece === 'number') return String(piece);
  return isHtml(piece) ? piece[made] : piece.map((one) => one?.[made] ?? '').join('');
}

export const html = (texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html => ({
  [made]: texts.map((text, index) => text + written(pieces[index] ?? null)).join(''),
});

export const textOf = (page: Html): string => page[made];
