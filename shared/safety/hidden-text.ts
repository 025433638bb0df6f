/** What JSON that is no whole document hides behind escapes: a line of it in a log, a block of it in prose. */

const unitEscape = /\\u([0-9a-fA-F]{4})/g;

/** Null where nothing is hidden. */
export const unescaped = (text: string): string | null => {
  if (!text.includes('\\u')) return null;
  const shown = text.replace(unitEscape, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)));
  return shown === text ? null : shown;
};
