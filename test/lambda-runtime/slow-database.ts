/** A DynamoDB that takes its time: it hands requests on, and answers as late as it is told to. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type SlowDatabase = {
  readonly endpoint: string;
  delayMs: number;
  /** Operations by name, in order of arrival. */
  readonly operations: string[];
  stop(): Promise<void>;
};

export async function slowDatabase(behind: string): Promise<SlowDatabase> {
  const server = createServer(async (incoming, outgoing) => {
    const target = String(incoming.headers['x-amz-target']);
    slow.operations.push(target.slice(target.indexOf('.') + 1));
    if (slow.delayMs > 0) await sleep(slow.delayMs);
    // With every header as it came: the engine checks that the signature is there.
    const onward = request(behind, { method: 'POST', path: incoming.url, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const slow: SlowDatabase = {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    delayMs: 0,
    operations: [],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return slow;
}
