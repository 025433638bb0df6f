/** An answer larger than any buffer, to a caller who stops reading for a while. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunk, done, frame, usage, usageChunk } from '../support/scripted-provider.ts';
import type { Check } from './checks.ts';
import type { House } from './house.ts';
import { streamedQuestion } from './questions.ts';

const largeFrames = 2_500;
const largeText = 'x'.repeat(16_000);

/** Writes as fast as it is read, and counts. */
async function writeAll(response: ServerResponse, progress: { sent: number }): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < largeFrames; index++) {
    const text = frame(chunk({ content: `${index}:${largeText}` }));
    progress.sent += text.length;
    if (!response.write(text)) await once(response, 'drain');
  }
  response.write(frame(chunk({}, 'stop')));
  response.write(frame(usageChunk(usage(10, largeFrames))));
  response.end(done);
}

async function largeAnswer({ provider, event, ask, rows }: House): Promise<void> {
  const progress = { sent: 0 };
  provider.script = (response) => writeAll(response, progress);
  const asked = event(streamedQuestion);

  let sentWhileHeld = 0;
  const { http } = await ask(asked, async (bytesRead) => {
    if (sentWhileHeld > 0 || bytesRead < 1_000_000) return;
    // Until the provider cannot get rid of any more.
    do {
      sentWhileHeld = progress.sent;
      await sleep(300);
    } while (progress.sent > sentWhileHeld);
  });

  const text = http.body.toString('utf8');
  const numbers = [...text.matchAll(/"content":"(\d+):/g)].map(([, number]) => Number(number));
  assert.equal(numbers.length, largeFrames);
  assert.ok(
    numbers.every((number, index) => number === index),
    'in order',
  );
  assert.ok(text.length > largeFrames * largeText.length);
  assert.ok(text.endsWith(done));
  // The sockets' own buffers take some megabytes; the function may not take the rest.
  assert.ok(
    sentWhileHeld < progress.sent / 2,
    `${sentWhileHeld} of ${progress.sent} bytes went to a caller who did not read`,
  );
  const [row] = await rows(asked);
  assert.ok(row?.state === 'settled' && row.outputTokens === largeFrames);
}

export const slowCallerChecks: readonly Check[] = [
  ['a slow caller slows the provider, and every byte of a large answer arrives', largeAnswer],
];
