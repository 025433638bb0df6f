/** What is in one stretch. Where two kinds claim the same characters, the one that is surer wins. */
import { cardNumbers } from './card.ts';
import { emailAddresses } from './email.ts';
import type { Entity, EntityKind, Span } from './entity.ts';
import { fold } from './folding.ts';
import { ibans } from './iban.ts';
import { ipAddresses } from './ip.ts';
import { numberRuns } from './number-runs.ts';
import { phoneNumbers } from './phone.ts';
import { secrets } from './secrets.ts';
import { socialSecurityNumbers } from './ssn.ts';

const digit = /\d/;

export function detect(stretch: string, kinds: ReadonlySet<EntityKind>): Entity[] {
  const { text, offset } = fold(stretch);
  const found: Entity[] = [];
  const take = (kind: EntityKind, spans: readonly Span[]): void => {
    for (const { start, end } of spans) {
      if (found.every((other) => end <= other.start || start >= other.end)) found.push({ kind, start, end });
    }
  };
  if (kinds.has('secrets')) take('secrets', secrets(text));
  if (kinds.has('email')) take('email', emailAddresses(text));
  if (digit.test(text)) {
    const runs = numberRuns(text);
    if (kinds.has('credit_card')) take('credit_card', cardNumbers(text, runs));
    if (kinds.has('iban')) take('iban', ibans(text));
    if (kinds.has('ssn')) take('ssn', socialSecurityNumbers(text));
    if (kinds.has('ip')) take('ip', ipAddresses(text));
    if (kinds.has('phone')) take('phone', phoneNumbers(text, runs));
  } else if (kinds.has('ip')) take('ip', ipAddresses(text));
  return found
    .sort((left, right) => left.start - right.start)
    .map(({ kind, start, end }) => ({ kind, start: offset(start), end: offset(end - 1) + 1 }));
}
