/** Schemas become code by ajv, and their patterns programs by re2js; loaded by the first schema (infra/build/lazy-modules.ts). */
import ajvCore, { type ErrorObject } from 'ajv/dist/core.js';
import draft2020 from 'ajv/dist/vocabularies/draft2020.js';
import { RE2JS } from 're2js';
import { countedKeyword, EnoughErrors, mostErrors } from './counted-keyword.ts';
import { formats } from './formats.ts';
import { Meter, TooMuch } from './meter.ts';
import { ownKeywords } from './own-keywords.ts';
import type { SchemaObject } from './schemas-in.ts';

export type Verdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly errors: readonly ErrorObject[] }
  /** It would have taken too long to find out. */
  | { readonly kind: 'too much' };

export type CompiledSchema = (value: unknown) => Verdict;

/** Like what it is asked to stand in for: `RegExp`. */
export type Program = {
  readonly test: (text: string) => boolean;
  /** What ajv tells programs apart by. */
  readonly toString: () => string;
  /** Of how many instructions it consists. */
  readonly size: number;
};

/** Null for what has no program that takes time in proportion to the text: look-around and references to what was matched. */
export function programOf(pattern: string): Program | null {
  // RE2JS would take it for a letter.
  if (pattern.match(/\\./g)?.includes('\\k')) return null;
  try {
    const program = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return { test: (text) => program.test(text), toString: () => pattern, size: program.programSize() };
  } catch {
    return null;
  }
}

/** `form`: as `compiledForm` makes it, whose patterns are all among the programs. */
export function compileSchema(form: SchemaObject, programs: ReadonlyMap<string, Program>): CompiledSchema {
  const meter = new Meter();
  const program = (pattern: string): Program => {
    const found = programs.get(pattern);
    if (!found) throw new Error('A pattern has no program');
    return found;
  };
  const ajv = new ajvCore.default({
    strict: false,
    strictNumbers: true,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    // What is in more than one place is compiled once.
    inlineRefs: false,
    next: true,
    // Where nothing asks for what is left, no choice is gone through to its end.
    unevaluated: asksForTheRest(form),
    // `constructor` is a name like any other.
    ownProperties: true,
    // 19.99 is a multiple of 0.01.
    multipleOfPrecision: 8,
    formats,
    code: { regExp: Object.assign(program, { code: 'program' }), optimize: false },
  });
  for (const vocabulary of draft2020.default) ajv.addVocabulary(vocabulary);
  ajv.addKeyword(countedKeyword(meter, (pattern) => program(pattern).size));
  ajv.removeKeyword('contains');
  for (const keyword of ownKeywords(meter)) ajv.addKeyword(keyword);
  const validate = ajv.compile(form);
  return (value) => {
    meter.start();
    try {
      if (validate(value)) return { kind: 'valid' };
      return { kind: 'invalid', errors: (validate.errors ?? []).slice(0, mostErrors) };
    } catch (thrown) {
      // A value may also be nested so deep that the calls are too many.
      if (thrown instanceof EnoughErrors) return { kind: 'invalid', errors: thrown.errors };
      if (thrown instanceof TooMuch || thrown instanceof RangeError) return { kind: 'too much' };
      throw thrown;
    } finally {
      validate.errors = null;
    }
  };
}

const asksForTheRest = (form: SchemaObject): boolean => /"unevaluated(?:Properties|Items)":/.test(JSON.stringify(form));
