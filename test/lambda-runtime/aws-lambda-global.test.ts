import { setImmediate as turn } from 'node:timers/promises';
import { streamedAnswer } from '../../infra/local/aws-lambda-global.ts';
import { type BehaviourName, streamingFunction } from './small-functions.ts';
import { type Observed, streamContract } from './stream-contract.ts';

type Function = (event: { behaviour: BehaviourName }, stream: unknown, context: object) => Promise<void>;
const run = streamingFunction() as Function;

/** A reader who takes a turn of the event loop for every piece, so that a large answer is not out at once. */
async function observe(behaviour: BehaviourName): Promise<Observed> {
  let prelude: { status: number; headers: Record<string, string> } | null = null;
  let preludes = 0;
  const body: Uint8Array[] = [];
  const { stream, ended } = streamedAnswer(
    (status, headers) => {
      prelude = { status, headers };
      preludes++;
    },
    {
      write: (chunk) => {
        body.push(chunk);
        return false;
      },
      onDrain: (resume) => {
        turn().then(() => resume());
      },
      end: () => {},
    },
  );
  let failure: string | null = null;
  try {
    await run({ behaviour }, stream, {});
    await ended();
  } catch (error) {
    failure = error instanceof Error ? error.name : String(error);
  }
  if (prelude === null) return 'none';
  expect(preludes).toBe(1);
  return {
    ...(prelude as { status: number; headers: Record<string, string> }),
    body: Buffer.concat(body).toString(),
    failure,
  };
}

describe('one machine’s awslambda, as Lambda’s own runtime client has it', () => {
  // The last two are one story, so the table is walked in its own order.
  test('every behaviour of the contract', async () => {
    for (const [behaviour, expected] of streamContract) {
      expect([behaviour, await observe(behaviour)]).toEqual([behaviour, expected]);
    }
  });

  test('a caller who leaves is no failure, even before the first byte', async () => {
    const { stream, leave, ended } = streamedAnswer(() => {}, { write: () => true, onDrain: () => {}, end: () => {} });
    leave();
    stream.on('error', () => {});
    await expect(ended()).resolves.toBeUndefined();
  });

  test('an answer that is never ended is a failure rather than a hanging request', async () => {
    const { stream, ended } = streamedAnswer(() => {}, { write: () => true, onDrain: () => {}, end: () => {} });
    awslambda.HttpResponseStream.from(stream, { statusCode: 200 }).write('first');
    await expect(ended()).rejects.toThrow('not finished');
  });
});
