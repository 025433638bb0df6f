/** Schemas become code by ajv, and their patterns programs by re2js; loaded by the first schema (infra/build/lazy-modules.ts). */
import codegen from 'ajv/dist/compile/codegen/index.js';
import ajvCore, { type CodeKeywordDefinition, type ErrorObject, type KeywordCxt } from 'ajv/dist/core.js';
import draft2020 from 'ajv/dist/vocabularies/draft2020.js';
import { RE2JS } from 're2js';
import { canonicalValue } from './canonical-value.ts';
import { counted, distinctItems, sameAsOne } from './compiled-form.ts';
import { costOf } from './evaluation-cost.ts';
import { formats } from './formats.ts';
import { Meter, TooMuch } from './meter.ts';
import type { SchemaObject } from './schemas-in.ts';

export type SchemaError = Pick<ErrorObject, 'instancePath' | 'keyword' | 'params' | 'message'>;

export type Verdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly errors: readonly SchemaError[] }
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
  ajv.addKeyword({
    keyword: distinctItems,
    type: 'array',
    error: { message: 'must NOT have duplicate items' },
    validate: (_: unknown, items: readonly unknown[]) => areDistinct(items, meter),
  });
  ajv.addKeyword({
    keyword: sameAsOne,
    error: { message: 'must be equal to one of the allowed values' },
    compile: (lists: readonly (readonly unknown[])[]) => {
      const allowed = lists.map((values) => new Set(values.map((value) => canonicalValue(value))));
      return (value: unknown) => allowed.every((values) => values.has(canonicalValue(value, meter)));
    },
  });
  const validate = ajv.compile(form);
  return (value) => {
    meter.start();
    try {
      if (validate(value)) return { kind: 'valid' };
      return { kind: 'invalid', errors: (validate.errors ?? []).slice(0, mostErrors) };
    } catch (thrown) {
      // A value may also be nested so deep that the calls are too many.
      if (thrown instanceof TooMuch || thrown instanceof RangeError) return { kind: 'too much' };
      throw thrown;
    } finally {
      validate.errors = null;
    }
  };
}

const mostErrors = 64;

const asksForTheRest = (form: SchemaObject): boolean => /"unevaluated(?:Properties|Items)":/.test(JSON.stringify(form));

function areDistinct(items: readonly unknown[], meter: Meter): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const value = canonicalValue(item, meter);
    if (seen.has(value)) return false;
    seen.add(value);
  }
  return true;
}

/**
 * All that is wrong is told only of what every value has to be. Of one choice out of several the first fault is enough: all
 * of them, of choices within choices, are more than anybody can read or wait for.
 */
const countedKeyword = (meter: Meter, sizeOf: (pattern: string) => number): CodeKeywordDefinition => ({
  keyword: counted,
  schemaType: 'object',
  code(context: KeywordCxt) {
    const { gen, data, schema, it } = context;
    const cost = costOf(schema, sizeOf, it.opts.unevaluated === true);
    const spend = gen.scopeValue('func', { ref: (value: unknown) => meter.spendOn(value, cost) });
    gen.code(codegen._`${spend}(${data})`);
    const valid = gen.name('valid');
    const isRoot = it.schemaEnv === it.schemaEnv.root && it.errSchemaPath === '#';
    const allErrors = it.compositeRule !== true && (isRoot || it.allErrors === true);
    const within = context.subschema({ keyword: counted, allErrors }, valid);
    context.ok(valid);
    context.mergeEvaluated(within);
  },
});
