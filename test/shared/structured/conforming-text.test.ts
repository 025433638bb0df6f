import { conformingTexts } from '../../../shared/structured/conforming-text.ts';
import { repairRequest } from '../../../shared/structured/repair-request.ts';

const choice = (message: object, finish_reason = 'stop') => ({ message, finish_reason });
const chat = (...choices: object[]) => conformingTexts('completions', { choices });
const message = (...content: object[]) => ({ type: 'message', content });
const responses = (output: object[], status = 'completed') => conformingTexts('responses', { status, output });

test.each([
  ['what a choice says', [choice({ content: '{}' })], ['{}']],
  ['every choice', [choice({ content: '1' }), choice({ content: '2' })], ['1', '2']],
  ['also where it says nothing', [choice({ content: null })], ['']],
  ['not a refusal', [choice({ content: null, refusal: 'No.' })], []],
  ['not a call of a tool', [choice({ content: '', tool_calls: [{ id: 'call_1' }] })], []],
  ['however it says that it has ended', [choice({ content: '1' }, 'eos')], ['1']],
  ['also where it says that it calls a tool, and calls none', [choice({ content: '1' }, 'tool_calls')], ['1']],
  ['also where a provider says of each answer what it has not refused', [choice({ content: '1', refusal: '' })], ['1']],
  ['not what was cut off', [choice({ content: '{' }, 'length')], []],
  ['not what a filter ended', [choice({ content: '' }, 'content_filter')], []],
])('of a chat has to conform: %s', (_, choices, texts) => {
  expect(chat(...choices)).toEqual(texts);
});

test.each([
  [
    'the parts of a message together',
    [message({ type: 'output_text', text: '{' }, { type: 'output_text', text: '}' })],
    ['{}'],
  ],
  [
    'not reasoning',
    [
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'hm' }] },
      message({ type: 'output_text', text: '1' }),
    ],
    ['1'],
  ],
  ['also where it says nothing', [], ['']],
  [
    'after what its provider has run',
    [{ type: 'web_search_call' }, message({ type: 'output_text', text: '1' })],
    ['1'],
  ],
  ['not a refusal', [message({ type: 'refusal', refusal: 'No.' })], []],
  [
    'not beside a call that the caller has to run',
    [message({ type: 'output_text', text: 'x' }), { type: 'function_call' }],
    [],
  ],
  ['after tools that were run', [{ type: 'mcp_call' }, message({ type: 'output_text', text: '1' })], ['1']],
])('of a response has to conform: %s', (_, output, texts) => {
  expect(responses(output)).toEqual(texts);
});

test('of a response that is incomplete, nothing', () => {
  expect(responses([message({ type: 'output_text', text: '{' })], 'incomplete')).toEqual([]);
});

test('the model is shown its answer and what is wrong with it, at the end of what it was asked', () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'Colours?' }], temperature: 1 };
  const { messages, ...rest } = repairRequest('completions', body, { choices: [choice({ content: '[' })] }, [
    '/: no JSON',
  ]);
  expect(rest).toEqual({ model: 'm', temperature: 1 });
  expect(messages).toEqual([
    { role: 'user', content: 'Colours?' },
    { role: 'assistant', content: '[' },
    { role: 'user', content: expect.stringContaining('- /: no JSON') },
  ]);
});

test('an input that is a text becomes a message, and one without an answer has no empty turn', () => {
  const { input } = repairRequest('responses', { model: 'm', input: 'Colours?' as unknown }, { output: [] }, [
    '/: empty',
  ]);
  expect(input).toEqual([
    { role: 'user', content: 'Colours?' },
    { role: 'user', content: expect.stringContaining('/: empty') },
  ]);
});

test('of a long answer so much is shown as tells what is wrong', () => {
  const content = '😀'.repeat(20_000);
  const { messages } = repairRequest('completions', { messages: [] as unknown[] }, { choices: [choice({ content })] }, [
    'x',
  ]);
  const shown = (messages[0] as { content: string }).content;
  expect(shown.length).toBeLessThanOrEqual(16_000);
  expect(shown.isWellFormed()).toBe(true);
});
