/**
 * JSON from a stranger. What is inspected here is what a provider will be sent,
 * so whatever two parsers could read differently is refused: members given
 * twice, `__proto__`, numbers that do not survive a round trip; and whatever
 * costs more than it may: depth and sheer count (I11, THREATS 6).
 */
import { visit } from 'jsonc-parser';
import { GatewayError } from '../errors.ts';

export const maxDepth = 64;
export const maxMembers = 10_000;

export type JsonBounds = {
  /** What it is, at the beginning of a sentence. */
  readonly subject: string;
  readonly maxMembers: number;
  /** Must numbers survive a round trip? Not where the text itself is passed on. */
  readonly exactNumbers: boolean;
};

const bodyBounds: JsonBounds = { subject: 'The JSON body', maxMembers, exactNumbers: true };

const refuse = (message: string): never => {
  throw new GatewayError('invalid_request', { message });
};

const exact = (literal: string, value: number): boolean =>
  Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(literal));

/** Throws the caller's error; the text itself is never quoted. */
function inspect(text: string, { subject, maxMembers, exactNumbers }: JsonBounds): void {
  const open: Set<string>[] = [];
  let depth = 0;
  let members = 0;
  const enter = (): void => {
    if (++depth > maxDepth) refuse(`${subject} is nested deeper than ${maxDepth} levels.`);
  };
  visit(
    text,
    {
      onObjectBegin: () => {
        enter();
        open.push(new Set());
      },
      onObjectEnd: () => {
        depth--;
        open.pop();
      },
      onArrayBegin: enter,
      onArrayEnd: () => {
        depth--;
      },
      onObjectProperty: (name) => {
        const names = open.at(-1);
        if (++members > maxMembers) refuse(`${subject} has more than ${maxMembers} members.`);
        if (name === '__proto__') refuse(`${subject} has a member called __proto__.`);
        if (names?.has(name)) refuse(`${subject} has an object that names a member twice.`);
        names?.add(name);
      },
      onLiteralValue: (value, offset, length) => {
        if (exactNumbers && typeof value === 'number' && !exact(text.slice(offset, offset + length), value)) {
          refuse('The JSON body has a number that cannot be kept exactly. Whole numbers go up to 9007199254740991.');
        }
      },
      onError: (_error, offset) => refuse(`The body is not valid JSON; the first error is at character ${offset}.`),
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
}

export function parseStrictJson(text: string, bounds: JsonBounds = bodyBounds): unknown {
  inspect(text, bounds);
  try {
    return JSON.parse(text);
  } catch {
    // The few things that the visitor lets pass, such as a byte order mark.
    return refuse('The body is not valid JSON.');
  }
}
