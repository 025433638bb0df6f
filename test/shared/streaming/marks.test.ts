import { countFinished, countFrames, needsParsing } from '../../../shared/streaming/marks.ts';

const one = 'data: {"a":1}';

describe('the frames of a run', () => {
  test.each([
    ['of lines that end with LF', `${one}\n\n${one}\n\n${one}\n\n`, 3],
    ['of lines that end with CRLF', `${one}\r\n\r\n${one}\r\n\r\n`, 2],
    ['of lines that end with CR', `${one}\r\r${one}\r\r`, 2],
    ['that is the end of a longer one', '"}]}\n\n', 1],
    ['that has no end of its own', one, 1],
    ['whose words hold line breaks', 'data: {"a":"\\n\\n"}\n\n', 1],
  ])('%s are counted', (_, run, frames) => {
    expect(countFrames(Buffer.from(run))).toBe(frames);
  });
});

describe('choices that end', () => {
  test.each([
    ['with a reason', '{"finish_reason":"stop"}', 1],
    ['two of them', '{"finish_reason": "stop"},{"finish_reason" : "length"}', 2],
    ['not yet', '{"finish_reason":null}', 0],
    ['not with an empty reason', '{"finish_reason":""}', 0],
    ['not where it is only talked about', '{"content":"\\"finish_reason\\":\\"stop\\""}', 0],
  ])('%s', (_, run, finished) => {
    expect(countFinished(Buffer.from(run))).toBe(finished);
  });
});

test.each([
  ['usage', 'data: {"usage":{"total_tokens":1}}', true],
  ['no usage yet', 'data: {"usage":null}', false],
  ['an error', 'data: {"error": {"message":"x"}}', true],
  ['no error', 'data: {"error": null}', false],
  ['an event that is an error', 'event: error\ndata: {}', true],
  ['the same without a space', 'event:error\ndata: {}', true],
  ['another event', 'event: message\ndata: {}', false],
  ['talk of errors', 'data: {"content":"an error: event"}', false],
  ['the end', 'data: [DONE]', true],
])('%s: is it to be understood?', (_, run, expected) => {
  expect(needsParsing(Buffer.from(run))).toBe(expected);
});
