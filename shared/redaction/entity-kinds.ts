/** What redaction can find. */
export const entityKinds = ['secrets', 'email', 'phone', 'credit_card', 'iban', 'ssn', 'ip'] as const;
export type EntityKind = (typeof entityKinds)[number];
