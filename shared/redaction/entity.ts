/** What redaction can find, and where something was found. */

export const entityKinds = ['secrets', 'email', 'phone', 'credit_card', 'iban', 'ssn', 'ip'] as const;
export type EntityKind = (typeof entityKinds)[number];

/** Offsets are of UTF-16 units, as those of strings are. */
export type Span = { readonly start: number; readonly end: number };
export type Entity = Span & { readonly kind: EntityKind };
