/** A JSON value as a text that all values have that are equal to it. */
import type { Meter } from './meter.ts';

const perNode = 12;
const charactersPerUnit = 4;

export function canonicalValue(value: unknown, meter?: Meter): string {
  meter?.spend(perNode + (typeof value === 'string' ? value.length / charactersPerUnit : 0));
  if (Array.isArray(value)) return `[${value.map((item) => canonicalValue(item, meter)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value === 0 ? 0 : value);
  const members = Object.entries(value).map(
    ([name, member]) => [JSON.stringify(name), canonicalValue(member, meter)] as const,
  );
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${name}:${member}`).join()}}`;
}
