import { createRedactor } from '../../../shared/redaction/redactor.ts';
import * as whole from '../../../shared/safety/guarded-answer.ts';
import type { OutputGuard } from '../../../shared/safety/output-guard.ts';
import { completion } from '../../support/scripted-provider.ts';
import { functionCall, message, outputText, response, responseUsage } from '../../support/scripted-responses.ts';
import { heldChecks, moderating, off, redacting, settled } from './streamed.ts';

const guardedAnswer = (text: string, guard: OutputGuard) => whole.guardedAnswer(text, guard, 'chat');
const refusedAnswer = (text: string, message: string) => whole.refusedAnswer(text, message, 'chat');

const address = 'ada@example.com';
const saying = (message: object, more: object = {}) => {
  const answer = completion('');
  return JSON.stringify({
    ...answer,
    choices: [{ ...answer.choices[0], message: { role: 'assistant', content: null, ...message } }],
    ...more,
  });
};
const toolCall = (args: string) => ({
  tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'send', arguments: args } }],
});

test('an answer in which nothing is found is what it was', async () => {
  const text = JSON.stringify({ ...completion('Hello.'), made_up: { deep: [1, 'x'] } });
  expect(await guardedAnswer(text, { ...redacting(), ...moderating(async () => 'cleared') })).toEqual({
    kind: 'cleared',
    text,
  });
});

test.each<[string, object, object]>([
  ['content', { content: `To ${address}.` }, { content: 'To [EMAIL_1].' }],
  ['a refusal', { refusal: address }, { refusal: '[EMAIL_1]' }],
  ['reasoning', { reasoning_content: address }, { reasoning_content: '[EMAIL_1]' }],
  ['the arguments of tools', toolCall('{"to":"ada\\u0040example.com"}'), toolCall('{"to":"[EMAIL_1]"}')],
  [
    'a custom tool',
    { tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'x', input: address } }] },
    { tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'x', input: '[EMAIL_1]' } }] },
  ],
  [
    'annotations',
    { annotations: [{ type: 'url_citation', url_citation: { url: `mailto:${address}` } }] },
    { annotations: [{ type: 'url_citation', url_citation: { url: 'mailto:[EMAIL_1]' } }] },
  ],
  ['a member that nobody knows', { brand_new: [[address]] }, { brand_new: [['[EMAIL_1]']] }],
])('an address in %s is replaced', async (_, message, expected) => {
  expect(await guardedAnswer(saying(message), redacting())).toEqual({
    kind: 'cleared',
    text: saying(expected),
  });
});

test('of members that are there twice, the one leaves that was looked at', async () => {
  const doubled =
    '{"choices":[{"index":0,"message":{"role":"assistant","content":"ada@example.com","content":"Hi."}}]}';
  const answer = await guardedAnswer(doubled, redacting());
  expect(answer).toMatchObject({
    kind: 'cleared',
    text: '{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi."}}]}',
  });
});

test('tokens of a text that was changed are not told', async () => {
  const answer = completion(address);
  const text = JSON.stringify({
    ...answer,
    choices: [{ ...answer.choices[0], logprobs: { content: [{ token: address }] } }],
  });
  expect(await guardedAnswer(text, redacting())).toMatchObject({ text: JSON.stringify(completion('[EMAIL_1]')) });
});

test('all that a choice says is checked together, and every choice by itself (I8)', async () => {
  const seen: string[] = [];
  const answer = completion('One.');
  const choices = [
    {
      index: 0,
      message: { role: 'assistant', content: 'One.', refusal: 'Two.' },
      finish_reason: 'stop',
      logprobs: null,
    },
    { index: 1, message: { role: 'assistant', content: 'Three.' }, finish_reason: 'stop', logprobs: null },
  ];
  const check = async (text: string) => {
    seen.push(text);
    return text.includes('Three') ? ('refused' as const) : ('cleared' as const);
  };
  expect(await guardedAnswer(JSON.stringify({ ...answer, choices }), moderating(check))).toEqual({ kind: 'refused' });
  expect(seen).toEqual(['One.\nTwo.', 'Three.']);
});

test('what is checked is what was redacted, and not yet restored', async () => {
  const redactor = createRedactor(['email']);
  redactor.redact('grace@example.org');
  const seen: string[] = [];
  const check = async (text: string) => {
    seen.push(text);
    return 'cleared' as const;
  };
  const guard = { ...redacting(['email']), moderation: moderating(check).moderation, restore: redactor };
  expect(await guardedAnswer(saying({ content: `[EMAIL_1], not ${address}` }), guard)).toMatchObject({
    text: saying({ content: 'grace@example.org, not [EMAIL_1]' }),
  });
  expect(seen).toEqual(['[EMAIL_1], not [EMAIL_1]']);
});

test('a check that only flags is not waited for', async () => {
  const { asked, check } = heldChecks();
  const text = saying({ content: 'poison' });
  expect(await guardedAnswer(text, moderating(check, { holdsBack: false }))).toEqual({
    kind: 'cleared',
    text,
  });
  expect(asked.map((one) => one.text)).toEqual(['poison']);
  asked[0]?.answer('refused');
  await settled();
});

test('a check that fails refuses', async () => {
  const guard = moderating(() => Promise.reject(new Error('down')));
  expect(await guardedAnswer(saying({ content: 'Hi' }), guard)).toEqual({ kind: 'refused' });
});

test.each<[string, string]>([
  ['sound', saying({ audio: { id: 'a', data: 'UklGRg==', transcript: 'Hi', expires_at: 1 } })],
  ['pictures', saying({ images: [{ image_url: { url: 'data:image/png;base64,iVBO' } }] })],
  ['what is no JSON', 'Hello.'],
])('%s is refused, since nobody can look at it, unless nothing is held back', async (_, text) => {
  expect(
    await guardedAnswer(
      text,
      moderating(async () => 'cleared'),
    ),
  ).toEqual({ kind: 'refused' });
  expect(await guardedAnswer(text, off)).toEqual({ kind: 'cleared', text });
});

describe('a refused answer', () => {
  test('says the message in every choice, and keeps nothing but what it was and what it used', () => {
    const answer = completion('poison');
    const choice = {
      ...answer.choices[0],
      message: { role: 'assistant', content: 'poison', ...toolCall('{}') },
      logprobs: { content: [{ token: 'poison' }] },
    };
    const text = JSON.stringify({ ...answer, choices: [choice, { ...choice, index: 1 }], citations: ['poison'] });
    const message = { role: 'assistant', content: 'No.', refusal: null };
    expect(JSON.parse(refusedAnswer(text, 'No.'))).toEqual({
      ...answer,
      choices: [0, 1].map((index) => ({ index, message, logprobs: null, finish_reason: 'content_filter' })),
    });
  });

  test('has one choice where there was none', () => {
    expect(JSON.parse(refusedAnswer('{}', 'No.'))).toMatchObject({
      choices: [{ index: 0, finish_reason: 'content_filter' }],
    });
  });
});

describe('a response', () => {
  const said = (output: unknown[], more: object = {}) => JSON.stringify(response('completed', output, more));
  const guarded = (text: string, guard: OutputGuard) => whole.guardedAnswer(text, guard, 'responses');

  test('has what must not leave replaced wherever it says it, and nowhere else', async () => {
    const text = said([message(`Write to ${address}.`), functionCall('send', JSON.stringify({ to: address }))], {
      instructions: `Never write to ${address}.`,
      metadata: { owner: address },
    });
    const result = await guarded(text, redacting());
    if (result.kind !== 'cleared') throw new Error('it is cleared');
    expect(JSON.parse(result.text)).toEqual(
      JSON.parse(
        said([message('Write to [EMAIL_1].'), functionCall('send', '{"to":"[EMAIL_1]"}')], {
          instructions: `Never write to ${address}.`,
          metadata: { owner: address },
        }),
      ),
    );
  });

  test('is checked as one text, however it is cut into items and parts', async () => {
    const seen: string[] = [];
    const check = async (text: string) => {
      seen.push(text);
      return 'refused' as const;
    };
    const parts = { ...message(null), content: [outputText('may'), outputText('hem')] };
    expect(await guarded(said([parts, functionCall('send', '{"a":"b"}')]), moderating(check))).toEqual({
      kind: 'refused',
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(/may\nhem/);
    expect(seen[0]).toContain('b');
  });

  test('with a picture or with what is no response is not let through unseen', async () => {
    const guard = moderating(async () => 'cleared');
    const picture = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'iVBORw0KGgo=' };
    expect(await guarded(said([picture]), guard)).toEqual({ kind: 'refused' });
    expect(await guarded('[]', guard)).toEqual({ kind: 'refused' });
  });

  test('that is refused is incomplete, says the message, and has cost what it has cost', () => {
    const usage = responseUsage(10, 5);
    const text = said([message('canary')], { usage, instructions: 'Be brief.', error: null });
    const refused = JSON.parse(whole.refusedAnswer(text, 'No.', 'responses'));
    expect(refused).toMatchObject({
      id: 'resp_scripted',
      object: 'response',
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      error: null,
      instructions: 'Be brief.',
      usage,
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'No.' }] }],
    });
    expect(JSON.stringify(refused)).not.toContain('canary');
    expect(JSON.parse(whole.refusedAnswer('{}', 'No.', 'responses'))).toMatchObject({ status: 'incomplete' });
  });
});
