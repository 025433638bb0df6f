/** What the log has of a stream: its texts in one piece, whether it ended or not. */
import { saidInStream } from '../../../shared/request-log/said-in-stream.ts';
import { chunk, done, frame, spoken } from '../../support/scripted-provider.ts';
import { respondedEvents } from '../../support/scripted-responses.ts';

const said = (...frames: string[]) => saidInStream(Buffer.from(frames.join('')));

test('a chat is a completion', () => {
  expect(said(...spoken(['Hel', 'lo']))).toMatchObject({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  });
});

test('of a chat that broke off is what there was, with the error that it ended in', () => {
  const error = { message: 'The provider went away.', type: 'server_error', param: null, code: 'upstream_error' };
  expect(
    said(frame(chunk({ role: 'assistant', content: 'On' })), frame(chunk({ content: 'ce' })), frame({ error })),
  ).toMatchObject({
    choices: [{ message: { content: 'Once' }, finish_reason: null }],
    error,
  });
});

test('a frame that was torn is left out', () => {
  expect(said(frame(chunk({ content: 'Once' })), frame(chunk({ content: ' upon' })).slice(0, 30))).toMatchObject({
    choices: [{ message: { content: 'Once' } }],
  });
});

test('the arguments of calls are whole', () => {
  const call = (index: number, fields: object) => frame(chunk({ tool_calls: [{ index, ...fields }] }));
  expect(
    said(
      call(0, { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":' } }),
      call(0, { function: { arguments: '"Paris"}' } }),
      done,
    ),
  ).toMatchObject({ choices: [{ message: { tool_calls: [{ function: { arguments: '{"at":"Paris"}' } }] } }] });
});

test('a response is as its end has it', () => {
  expect(said(...respondedEvents(['Hel', 'lo']))).toMatchObject({ object: 'response', status: 'completed' });
});

test('of a response that broke off are its texts, each in one piece', () => {
  const events = respondedEvents(['Hel', 'lo']).filter((event) => !/response\.completed|\.done/.test(event));
  expect(said(...events, frame({ type: 'error', code: 'server_error', message: 'No.' }))).toMatchObject({
    output: [{ type: 'response.output_text', text: 'Hello', output_index: 0 }],
    error: { code: 'server_error' },
  });
});

test.each(['', 'data: nothing of the kind\n\n', ': a comment\n\n', 'data: 7\n\n'])('%j says nothing', (text) => {
  expect(saidInStream(Buffer.from(text))).toMatchObject({ choices: [] });
});
