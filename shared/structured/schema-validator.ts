/** Callers' JSON Schemas, and values against them. What checks is loaded by the first schema (I9). */
import { createHash } from 'node:crypto';
import { compiledForm } from './compiled-form.ts';
import { inspectSchema } from './inspect-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { problemLines } from './problem-lines.ts';
import { recentSchemas } from './recent-schemas.ts';
import type { CompiledSchema, Program } from './schema-compiler.ts';
import { type RefuseSchema, refusingSchema } from './schema-refusal.ts';

export type SchemaValidator = {
  /** The value as a schema, or the caller's 400 that names `param`. */
  readonly check: (value: unknown, param: string) => Promise<JsonSchema>;
  /**
   * What is wrong with a value: a few lines that hold nothing of it but the names of members; null where nothing is.
   * The value is as `JSON.parse` makes it.
   */
  readonly problems: (schema: JsonSchema, value: unknown) => Promise<readonly string[] | null>;
};

/** Compiled, a schema takes about fifty times its length. */
const maxSchemas = 100;
const maxCharacters = 1_000_000;
/** Together: what they take to compile and to keep. */
const maxInstructions = 20_000;

export function createSchemaValidator(): SchemaValidator {
  const recent = recentSchemas<CompiledSchema>(maxSchemas, maxCharacters);

  const compiled = async (value: unknown, refuse: RefuseSchema): Promise<CompiledSchema> => {
    const text = JSON.stringify(value) ?? '';
    const digest = createHash('sha256').update(text).digest('base64');
    const known = recent.get(digest);
    if (known) return known;
    const inspected = inspectSchema(value, refuse);
    const { compileSchema, programOf } = await import('./schema-compiler.ts');
    const programs = programsOf(inspected.patterns, programOf, refuse);
    const made = compileSchema(compiledForm(inspected), programs);
    recent.add(digest, made, text.length);
    return made;
  };

  return {
    async check(value, param) {
      await compiled(value, refusingSchema(param));
      return value as JsonSchema;
    },
    async problems(schema, value) {
      const check = await compiled(schema, refusingSchema('schema'));
      const verdict = check(value);
      switch (verdict.kind) {
        case 'valid':
          return null;
        case 'invalid':
          return problemLines(verdict.errors);
        case 'too much':
          return ['/: there is more in this than can be checked against the schema in time'];
      }
    },
  };
}

function programsOf(
  patterns: ReadonlyMap<string, string>,
  programOf: (pattern: string) => Program | null,
  refuse: RefuseSchema,
): ReadonlyMap<string, Program> {
  const programs = new Map<string, Program>();
  let instructions = 0;
  for (const [pattern, path] of patterns) {
    const program = programOf(pattern);
    if (!program) return refuse(path, unknownPattern(pattern));
    instructions += program.size;
    if (instructions > maxInstructions) refuse(path, 'the patterns repeat too much; lower their counts');
    programs.set(pattern, program);
  }
  return programs;
}

/** What most often is the reason, by its name. */
function unknownPattern(pattern: string): string {
  if (/\(\?<?[=!]/.test(pattern))
    return 'look-ahead and look-behind are not supported, as in RE2; write the pattern without';
  if (/\\(?:[1-9]|k<)/.test(pattern)) return 'back references are not supported, as in RE2; write the pattern without';
  return 'this is not a regular expression that RE2 knows (https://github.com/google/re2/wiki/Syntax)';
}
