import { isStorable } from '../../../shared/cache/storable.ts';
import { completion } from '../../support/scripted-provider.ts';

const said = (message: object, finish_reason: unknown = 'stop') => ({
  choices: [{ index: 0, message, finish_reason }],
});
const text = { role: 'assistant', content: 'x' };

test.each([
  ['a plain answer', 'completions', completion('x'), true],
  ['an empty one', 'completions', said({ ...text, content: '' }), true],
  ['one with empty lists', 'completions', said({ ...text, tool_calls: [], annotations: [], refusal: null }), true],
  ['one with a note of its own', 'completions', said({ ...text, reasoning_content: 'y' }), true],
  [
    'one of two that is not plain',
    'completions',
    { choices: [...completion('x').choices, ...said(text, 'length').choices] },
    false,
  ],
  ['no message', 'completions', { choices: [{ finish_reason: 'stop' }] }, false],
  ['no end', 'completions', said(text, null), false],
  ['a refusal beside some words', 'completions', said({ ...text, refusal: 'No.' }), false],
  ['a call of a tool that says it is no call', 'completions', said({ ...text, tool_calls: [{ id: 'x' }] }), false],
  ['a citation of the web', 'completions', said({ ...text, annotations: [{ type: 'url_citation' }] }), false],
  ['an old call of a function', 'completions', said({ ...text, function_call: { name: 'f', arguments: '' } }), false],
  ['content in parts', 'completions', said({ ...text, content: [{ type: 'text', text: 'x' }] }), false],
  ['an error beside an answer', 'completions', { ...completion('x'), error: { message: 'x' } }, false],
  ['vectors', 'embeddings', { data: [{ embedding: [1] }] }, true],
  ['no vectors', 'embeddings', { data: [] }, false],
  ['a completion where vectors are due', 'embeddings', completion('x'), false],
  ['a verdict', 'moderations', { results: [{ flagged: false }], data: [1], choices: completion('x').choices }, false],
  ['nothing', 'completions', null, false],
] as const)('%s of %s', (_, kind, answer, expected) => {
  expect(isStorable(kind, answer)).toBe(expected);
});
