/**
 * What of a request cannot be said in chat completions. No `GatewayError`: this is
 * loaded by itself, with a copy of all that it imports, and that class would be
 * another one there (docs/adr/0047).
 */
export class Untranslatable extends Error {
  /** As the caller wrote it: `tools[1].type`. */
  readonly param: string;
  /** May a provider that has the Responses API itself know it? */
  readonly elsewhere: boolean;

  private constructor(message: string, param: string, elsewhere: boolean) {
    super(message);
    this.name = 'Untranslatable';
    this.param = param;
    this.elsewhere = elsewhere;
  }

  /** The provider's endpoint has nothing like it. */
  static missing = (param: string): Untranslatable =>
    new Untranslatable('The provider of this model does not know this.', param, true);

  /** It is nothing that any provider would know. */
  static wrong = (param: string, expected: string): Untranslatable =>
    new Untranslatable(`It must be ${expected}.`, param, false);
}

/** What is `null` has not been said. */
export const isSaid = (value: unknown): boolean => value !== undefined && value !== null;
