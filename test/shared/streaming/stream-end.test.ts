import { isWhole } from '../../../shared/streaming/stream-end.ts';
import { done, spoken } from '../../support/scripted-provider.ts';
import { eventFrame, respondedEvents, response } from '../../support/scripted-responses.ts';

const incomplete = eventFrame({ type: 'response.incomplete', response: response('incomplete', []) });
const failed = eventFrame({ type: 'response.failed', response: response('failed', []) });

test.each([
  ['of chat', spoken(['a']).join(''), true],
  ['of a response', respondedEvents(['a']).join(''), true],
  [
    'of a response, without names of events',
    respondedEvents(['a'])
      .join('')
      .replaceAll(/event: .*\n/g, ''),
    true,
  ],
  ['of a response that is incomplete', respondedEvents(['a']).slice(0, -1).join('') + incomplete, true],
  ['of chat, broken off', spoken(['a']).slice(0, -1).join(''), false],
  ['of a response, broken off', respondedEvents(['a']).slice(0, -1).join(''), false],
  ['of a response that failed', respondedEvents(['a']).slice(0, -1).join('') + failed, false],
  ['that talks of its end', respondedEvents(['"type":"response.completed"', done]).slice(0, -1).join(''), false],
  ['of nothing', '', false],
])('a stream %s: is it whole?', (_, stream, expected) => {
  expect(isWhole(stream)).toBe(expected);
});
