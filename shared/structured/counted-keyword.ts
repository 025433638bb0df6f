/**
 * Each schema is in a keyword that pays for it before it is applied, and that keeps errors few: ajv copies those that a
 * function has found for whoever called it, and of choices within choices they would double with every level.
 */
import codegen from 'ajv/dist/compile/codegen/index.js';
import names from 'ajv/dist/compile/names.js';
import type { CodeKeywordDefinition, ErrorObject, KeywordCxt } from 'ajv/dist/core.js';
import { counted } from './compiled-form.ts';
import { costOf, type EvaluationCost } from './evaluation-cost.ts';
import type { Meter } from './meter.ts';

type Errors = readonly ErrorObject[];

export class EnoughErrors extends Error {
  readonly errors: Errors;

  constructor(errors: Errors) {
    super();
    this.errors = errors;
  }
}

/** Of the whole value. */
export const mostErrors = 64;
/** Of what one function has found. */
const mostErrorsOfOne = 8;

const { _, not } = codegen;
const { errors, vErrors } = names.default;

const enough = (found: Errors): never => {
  throw new EnoughErrors(found);
};

export function countedKeyword(meter: Meter, sizeOf: (pattern: string) => number): CodeKeywordDefinition {
  // By number: each thing that code refers to by a name of its own makes it slower to make.
  const costs: EvaluationCost[] = [];
  const spendOn = (value: unknown, index: number): void => {
    const cost = costs[index];
    if (cost) meter.spendOn(value, cost);
  };
  const spendOnErrors = (found: Errors): void => meter.spend(found.length);

  const code = (context: KeywordCxt): void => {
    const { gen, data, schema, it } = context;
    const index = costs.push(costOf(schema, sizeOf, it.opts.unevaluated === true)) - 1;
    gen.code(_`${gen.scopeValue('func', { ref: spendOn })}(${data}, ${index})`);

    const isFunction = it.errSchemaPath === '#';
    const isRoot = isFunction && it.schemaEnv === it.schemaEnv.root;
    // All that is wrong is told only of what every value has to be; of one choice out of several the first fault is enough.
    const allErrors = it.compositeRule !== true && (isRoot || it.allErrors === true);
    if (allErrors) {
      const stop = gen.scopeValue('func', { ref: enough });
      gen.if(_`${errors} >= ${mostErrors}`, () => gen.code(_`${stop}(${vErrors})`));
    }
    const valid = gen.name('valid');
    const within = context.subschema({ keyword: counted, allErrors }, valid);
    if (schema.$ref !== undefined) {
      const spend = gen.scopeValue('func', { ref: spendOnErrors });
      gen.if(not(valid), () => gen.code(_`${spend}(${vErrors})`));
    }
    if (isFunction && !isRoot) {
      gen.if(_`${errors} > ${mostErrorsOfOne}`, () => gen.code(_`${errors} = ${vErrors}.length = ${mostErrorsOfOne}`));
    }
    context.ok(valid);
    context.mergeEvaluated(within);
  };
  return { keyword: counted, schemaType: 'object', code };
}
