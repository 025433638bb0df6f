/** Calendar months in UTC: money is counted by them. */

/** `2026-11` for an instant in November 2026. */
export const monthOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

/** The month before: `2025-12` for `2026-01`. */
export const monthBefore = (month: string): string => monthOf(Date.parse(`${month}-01T00:00:00Z`) - 1);
