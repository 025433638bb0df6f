import type { TextLeaf } from '../../../shared/answer-text/text-leaf.ts';
import { createTurns } from '../../../shared/safety/turns.ts';

const leaf = (speaker: string, channel: string | null) => ({ speaker, channel }) as TextLeaf;

/** What is over after each frame, each of which has these texts. */
function overAfter(...frames: readonly (readonly TextLeaf[])[]): (readonly string[])[] {
  const turns = createTurns();
  return frames.map((leaves) => turns(leaves));
}

test.each<[string, TextLeaf[][], string[][]]>([
  ['a text that goes on is not over', [[leaf('0', 'a')], [leaf('0', 'a')]], [[], []]],
  ['a text is over when its speaker begins another', [[leaf('0', 'a')], [leaf('0', 'b')]], [[], ['a']]],
  ['and may be over again', [[leaf('0', 'a')], [leaf('0', 'b')], [leaf('0', 'a')]], [[], ['a'], ['b']]],
  ['another speaker ends nothing', [[leaf('0', 'a')], [leaf('1', 'b')], [leaf('0', 'a')]], [[], [], []]],
  ['texts by themselves end nothing', [[leaf('0', 'a')], [leaf('0', null)], [leaf('0', 'a')]], [[], [], []]],
  ['a frame without texts ends nothing', [[leaf('0', 'a')], [], [leaf('0', 'a')]], [[], [], []]],
  [
    'texts of one frame are of one turn, and are over together',
    [[leaf('0', 'a'), leaf('0', 'b')], [leaf('0', 'b')], [leaf('0', 'a')], [leaf('0', 'c')]],
    [[], [], [], ['a', 'b']],
  ],
  [
    'what joins a turn is over with it',
    [[leaf('0', 'a')], [leaf('0', 'a'), leaf('0', 'b')], [leaf('0', 'b')], [leaf('0', 'c')]],
    [[], [], [], ['a', 'b']],
  ],
])('%s', (_, frames, expected) => {
  expect(overAfter(...frames)).toEqual(expected);
});
