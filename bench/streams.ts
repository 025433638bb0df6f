/** Streams read to their end, a given number and no more: what autocannon, which stops by the clock, cannot do. */
import { Agent, request } from 'node:http';
import type { Contender } from './contenders.ts';

/** Resolves to the milliseconds from the start to the first byte of the answer's body. */
function readStream({ name, baseURL, headers }: Contender, agent: Agent, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const asked = request(`${baseURL}/chat/completions`, {
      agent,
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    asked.once('error', reject);
    asked.once('response', (answer) => {
      let firstByteMs: number | undefined;
      let last = Buffer.alloc(0);
      answer.on('data', (chunk: Buffer) => {
        firstByteMs ??= performance.now() - startedAt;
        last = Buffer.concat([last, chunk]).subarray(-16);
      });
      answer.once('error', reject);
      answer.once('end', () => {
        const complete = last.toString('latin1').trimEnd().endsWith('[DONE]');
        if (answer.statusCode === 200 && complete && firstByteMs !== undefined) resolve(firstByteMs);
        else
          reject(
            new Error(`${name}: a stream ended with status ${answer.statusCode} and "${last.toString('latin1')}"`),
          );
      });
    });
    asked.end(body);
  });
}

async function withAgent<Result>(maxSockets: number, work: (agent: Agent) => Promise<Result>): Promise<Result> {
  const agent = new Agent({ keepAlive: true, maxSockets });
  try {
    return await work(agent);
  } finally {
    agent.destroy();
  }
}

/** So many at a time until there have been `count`. */
export const readStreams = (contender: Contender, body: string, count: number, atATime: number): Promise<void> =>
  withAgent(atATime, async (agent) => {
    let left = count;
    const reader = async () => {
      while (left-- > 0) await readStream(contender, agent, body);
    };
    await Promise.all(Array.from({ length: atATime }, reader));
  });

/** Of `count` streams, one after the other. */
export const firstByteMs = (contender: Contender, body: string, count: number): Promise<number[]> =>
  withAgent(1, async (agent) => {
    const times: number[] = [];
    // The first opens the connection.
    await readStream(contender, agent, body);
    for (let number = 0; number < count; number++) times.push(await readStream(contender, agent, body));
    return times;
  });
