/** Keywords that ajv would take too long for, or gather an error for every item. */
import codegen from 'ajv/dist/compile/codegen/index.js';
import util from 'ajv/dist/compile/util.js';
import type { CodeKeywordDefinition, KeywordCxt, KeywordDefinition } from 'ajv/dist/core.js';
import { canonicalValue } from './canonical-value.ts';
import { distinctItems, sameAsOne } from './compiled-form.ts';
import type { Meter } from './meter.ts';

const { _, str } = codegen;
const { Num } = util.Type;

export const ownKeywords = (meter: Meter): readonly KeywordDefinition[] => [
  {
    keyword: distinctItems,
    type: 'array',
    error: { message: 'must NOT have duplicate items' },
    validate: (_schema: unknown, items: readonly unknown[]) => areDistinct(items, meter),
  },
  {
    keyword: sameAsOne,
    error: { message: 'must be equal to one of the allowed values' },
    compile: (lists: readonly (readonly unknown[])[]) => {
      const allowed = lists.map((values) => new Set(values.map((value) => canonicalValue(value))));
      return (value: unknown) => allowed.every((values) => values.has(canonicalValue(value, meter)));
    },
  },
  contains,
];

function areDistinct(items: readonly unknown[], meter: Meter): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const value = canonicalValue(item, meter);
    if (seen.has(value)) return false;
    seen.add(value);
  }
  return true;
}

/** Forgets what is wrong with an item before the next. */
const contains: CodeKeywordDefinition = {
  keyword: 'contains',
  type: 'array',
  schemaType: ['object', 'boolean'],
  trackErrors: true,
  error: {
    message: ({ params: { min, max } }) =>
      max === undefined
        ? str`must contain at least ${min} valid item(s)`
        : str`must contain at least ${min} and no more than ${max} valid item(s)`,
    params: () => _`{}`,
  },
  code(context: KeywordCxt) {
    const { gen, data, parentSchema, it } = context;
    const { minContains: min = 1, maxContains: max } = parentSchema;
    context.setParams({ min, max });
    // What has been looked for is no longer left.
    it.items = true;
    const count = gen.let('count', 0);
    const valid = gen.name('valid');
    // One more than is allowed, or as many as are needed.
    const enough = max === undefined ? min : max + 1;
    gen.forRange('i', 0, _`${data}.length`, (item) => {
      gen.if(_`${count} >= ${enough}`, () => gen.break());
      context.subschema(
        {
          keyword: 'contains',
          dataProp: item,
          dataPropType: Num,
          compositeRule: true,
          createErrors: false,
          allErrors: false,
        },
        valid,
      );
      gen.if(valid, () => gen.code(_`${count}++`));
      context.reset();
    });
    context.pass(max === undefined ? _`${count} >= ${min}` : _`${count} >= ${min} && ${count} <= ${max}`);
  },
};
