/** What was found, as bench/batches.md. */
import { machine } from '../machine.ts';
import { table } from '../markdown.ts';
import type { Counted } from './counted.ts';
import type { Killed } from './killed.ts';
import type { Large } from './large.ts';
import type { Timed } from './timed.ts';

export type Found = {
  readonly timed: Timed;
  readonly counted: Counted;
  readonly large: Large;
  readonly killed: Killed;
};

export function page({ timed, counted, large, killed }: Found): string {
  const { cpu, cores, node } = machine();
  return [
    '# Batches',
    '',
    `Made by \`npm run bench:batches\` on ${cores} cores (${cpu}), Node ${node}, everything on one machine: gateways as \`npm start\` runs them, the`,
    'embedded database, and a provider that answers within 0 to 20 ms. The machine is shared with other work.',
    '',
    '## Speed and cost',
    '',
    `${timed.lines} lines in ${timed.seconds.toFixed(1)} s, from the upload to the files: **${timed.perSecond.toFixed(0)} lines a second** on one gateway with the settings`,
    'of the house.',
    '',
    `DynamoDB calls for a batch of ${counted.lines} lines, everything included: **${counted.perLine.toFixed(1)} a line**. The queue of one machine, a table that is looked at once a`,
    'second, is among them; on AWS that is SQS.',
    '',
    table(
      ['call', 'times', 'a line'],
      [...counted.byName]
        .sort(([, a], [, b]) => b - a)
        .map(([name, times]) => [name, String(times), (times / counted.lines).toFixed(2)]),
    ),
    '',
    '## Memory',
    '',
    'What one gateway held, the whole product in one process, from the upload of a file to its results, one file after the other, with',
    'what its garbage collector has not given back yet. A file never stands in memory as a whole.',
    '',
    ...large.map(
      ({ fileMiB, lines, highestMiB }) =>
        `- A file of ${fileMiB.toFixed(0)} MiB with ${lines} lines of 64 KiB: ${highestMiB.toFixed(0)} MiB resident at the most.`,
    ),
    '',
    '## Killed at random',
    '',
    `${killed.lines} lines on 3 gateways, of which one was killed (SIGKILL) and replaced ${killed.kills} times, with ${killed.duplicates} messages delivered once more and 5 % of the`,
    `provider's answers an error, a refusal or a cut connection: ${killed.seconds.toFixed(0)} s.`,
    '',
    table(
      ['what', 'found', ''],
      killed.findings.map(({ what, found, wrong }) => [what, found, wrong ? '**wrong**' : 'right']),
    ),
    '',
  ].join('\n');
}
