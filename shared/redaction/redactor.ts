/** Takes entities out of the texts of one request, and puts them back into its answer. */

import { entitiesIn } from './entities.ts';
import type { EntityKind } from './entity.ts';

export type Redactor = {
  /** With every entity replaced by its placeholder: the same value has the same placeholder throughout the request. Never longer, in UTF-8 bytes, than what it replaces. */
  readonly redact: (text: string) => string;
  /** The placeholder of one value, for streams, which find spans by themselves. */
  readonly placeholder: (kind: EntityKind, value: string) => string;
  /** How many were replaced, by kind. */
  readonly counts: () => Readonly<Partial<Record<EntityKind, number>>>;
  /** Puts the originals back. `escaped` is applied to what is put in, so that it can be put into JSON. */
  readonly restore: (text: string, escaped?: (original: string) => string) => string;
  /** For streamed restoring: from which offset on the end of `text` could be the beginning of a placeholder. */
  readonly undecidedFrom: (text: string) => number;
};

const labels: Readonly<Record<EntityKind, string>> = {
  secrets: 'SECRET',
  email: 'EMAIL',
  phone: 'PHONE',
  credit_card: 'CARD',
  iban: 'IBAN',
  ssn: 'SSN',
  ip: 'IP',
};
/** Where the original is shorter than the placeholder would be. */
const initials: Readonly<Record<EntityKind, string>> = {
  secrets: 'S',
  email: 'E',
  phone: 'P',
  credit_card: 'C',
  iban: 'B',
  ssn: 'N',
  ip: 'I',
};

const placeholders = /\[(?:(?:SECRET|EMAIL|PHONE|CARD|IBAN|SSN|IP)_|[SEPCBNI])\d{1,7}\]/g;
const maxPlaceholderLength = '[SECRET_1234567]'.length;
const begun = /\[[A-Z]{0,6}_?\d{0,7}$/;

/**
 * `texts`: what the request says, so that placeholders that the caller wrote are known to be the caller's. One that was not
 * foreseen and is met after its number was given away is replaced like an entity, and so comes back as it was.
 */
export function createRedactor(kinds: readonly EntityKind[], texts: Iterable<string> = []): Redactor {
  const originals = new Map<string, string>();
  const chosen = new Map<string, string>();
  const callers = new Set<string>();
  const numbers = new Map<EntityKind, number>();
  const counts = new Map<EntityKind, number>();

  const reserve = (text: string): void => {
    for (const [written] of text.matchAll(placeholders)) if (!originals.has(written)) callers.add(written);
  };

  const next = (kind: EntityKind, bytes: number): string | null => {
    for (;;) {
      const number = (numbers.get(kind) ?? 0) + 1;
      const long = `[${labels[kind]}_${number}]`;
      const short = `[${initials[kind]}${number}]`;
      const fitting = long.length <= bytes ? long : short;
      if (fitting.length > bytes) return null;
      numbers.set(kind, number);
      if (!callers.has(fitting)) return fitting;
    }
  };

  const choose = (kind: EntityKind, value: string): string => {
    const key = `${kind} ${value}`;
    const known = chosen.get(key);
    if (known !== undefined) return known;
    const bytes = Buffer.byteLength(value);
    const made = next(kind, bytes);
    // Too short for any placeholder, which a password of two letters is: hidden all the same, and not restored.
    const placeholder = made ?? '*'.repeat(Math.min(bytes, 3));
    chosen.set(key, placeholder);
    if (made !== null) originals.set(made, value);
    return placeholder;
  };

  const placeholder = (kind: EntityKind, value: string): string => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return choose(kind, value);
  };

  /** What the caller wrote that reads like a placeholder of ours. */
  const guarded = (text: string): string =>
    originals.size === 0
      ? text
      : text.replace(placeholders, (written) => (originals.has(written) ? choose('secrets', written) : written));

  for (const text of texts) reserve(text);

  return {
    redact(text) {
      reserve(text);
      let redacted = '';
      let at = 0;
      for (const { kind, start, end } of entitiesIn(text, kinds)) {
        redacted += guarded(text.slice(at, start)) + placeholder(kind, text.slice(start, end));
        at = end;
      }
      return redacted + guarded(text.slice(at));
    },
    placeholder,
    counts: () => Object.fromEntries(counts),
    restore: (text, escaped = (original) => original) =>
      originals.size === 0
        ? text
        : text.replace(placeholders, (written) => {
            const original = originals.get(written);
            return original === undefined ? written : escaped(original);
          }),
    undecidedFrom(text) {
      if (originals.size === 0) return text.length;
      const tail = Math.max(0, text.length - maxPlaceholderLength);
      const match = begun.exec(text.slice(tail));
      return match ? tail + match.index : text.length;
    },
  };
}
