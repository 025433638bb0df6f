/** What a caller wants the answer to be is read, and found possible, before anything is spent on it. */
import type { Prepare } from '../inference/preparation.ts';
import type { AnswerFormat } from './answer-format.ts';
import { readAnswer } from './answer-json.ts';
import { isObject } from './schema-keywords.ts';
import type { SchemaValidator } from './schema-validator.ts';
import { type WantedFormat, wantedFormat } from './wanted-format.ts';

export type WithFormatDeps = { readonly schemas: SchemaValidator };

export const createWithFormat =
  ({ schemas }: WithFormatDeps): Prepare =>
  async (_arriving, prepared) => {
    const wanted = wantedFormat(prepared.request.kind, prepared.request.body);
    return wanted ? { ...prepared, format: await answerFormat(schemas, wanted) } : prepared;
  };

async function answerFormat(schemas: SchemaValidator, wanted: WantedFormat): Promise<AnswerFormat> {
  if (wanted.type === 'json_object') {
    return {
      name: 'json_object',
      problemsIn: async (text) => {
        const answer = readAnswer(text);
        if (answer.kind === 'not json') return [answer.problem];
        return isObject(answer.value) ? null : ['/: must be object'];
      },
    };
  }
  const { name, schemaParam } = wanted;
  const schema = await schemas.check(wanted.schema, schemaParam);
  return {
    name,
    problemsIn: async (text) => {
      const answer = readAnswer(text);
      return answer.kind === 'not json' ? [answer.problem] : schemas.problems(schema, answer.value);
    },
  };
}
