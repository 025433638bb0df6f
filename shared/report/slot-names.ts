/** What the steps of a trend are called, on an axis and in a table. */
import type { SlotUnit } from './slots.ts';

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });

const axis: Readonly<Record<SlotUnit, Intl.DateTimeFormat>> = {
  hour: format({ hour: '2-digit', minute: '2-digit' }),
  day: format({ day: 'numeric', month: 'short' }),
  month: format({ month: 'short', year: '2-digit' }),
};
const table: Readonly<Record<SlotUnit, Intl.DateTimeFormat>> = {
  hour: format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  day: format({ weekday: 'short', day: 'numeric', month: 'short' }),
  month: format({ month: 'long', year: 'numeric' }),
};

export const axisName = (unit: SlotUnit, ms: number): string => axis[unit].format(ms);
export const tableName = (unit: SlotUnit, ms: number): string => table[unit].format(ms);
