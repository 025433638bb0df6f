/** A period cut into the steps of its trend: hours of a few days, days of some months, else months. */
import { type Period, startOfMonth } from './period.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export type SlotUnit = 'hour' | 'day' | 'month';

export function slotUnit({ fromMs, toMs }: Period): SlotUnit {
  const days = (toMs - fromMs) / dayMs;
  return days <= 2 ? 'hour' : days <= 93 ? 'day' : 'month';
}

/** The start of the slot that holds this moment. */
export function slotOf(unit: SlotUnit, ms: number): number {
  if (unit === 'month') return startOfMonth(ms);
  const width = unit === 'hour' ? hourMs : dayMs;
  return Math.floor(ms / width) * width;
}

/** The starts of all slots, those included in which nothing happened. */
export function slotsOf(unit: SlotUnit, { fromMs, toMs }: Period): number[] {
  const slots: number[] = [];
  for (let at = slotOf(unit, fromMs); at < toMs; ) {
    slots.push(at);
    at = unit === 'month' ? startOfMonth(at, 1) : at + (unit === 'hour' ? hourMs : dayMs);
  }
  return slots;
}
