/** A request once more whose answer did not conform: the model is shown its answer, and what is wrong with it. Pure. */
import type { CallKind } from '../usage/call-kind.ts';
import { conformingTexts } from './conforming-text.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is wrong is seen in less; a longer answer only costs. */
const maxShownCharacters = 16_000;

const asked = (problems: readonly string[]): string =>
  [
    'Your answer is not what was asked for:',
    ...problems.map((problem) => `- ${problem}`),
    'Answer again with the corrected JSON and nothing else: no explanation, no code fence.',
  ].join('\n');

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const inputOf = (input: unknown): readonly unknown[] =>
  typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);

export function repairRequest<Body extends Json>(
  kind: CallKind,
  body: Body,
  answer: Json,
  problems: readonly string[],
): Body {
  const said = conformingTexts(kind, answer).join('\n').slice(0, maxShownCharacters).toWellFormed();
  const turns = [
    // Some providers refuse a message that says nothing.
    ...(said === '' ? [] : [{ role: 'assistant', content: said }]),
    { role: 'user', content: asked(problems) },
  ];
  return kind === 'responses'
    ? { ...body, input: [...inputOf(body['input']), ...turns] }
    : { ...body, messages: [...listOf(body['messages']), ...turns] };
}
