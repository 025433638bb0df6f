/** A proxy in front of DynamoDB that writes down each call and the capacity units that it is billed for. */
import { Agent, request as ask, createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Witness } from './witness.ts';

export type Step = { readonly name: string; readonly readUnits: number; readonly writeUnits: number };

const reading = ['GetItem', 'Query', 'BatchGetItem', 'TransactGetItems'];

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
}

type Consumed = { readonly CapacityUnits?: number };

/** DynamoDB tells one table's consumption as an object, and several as a list. A write that fails its condition is billed, and not told. */
function unitsOf(answer: Buffer, ok: boolean): number {
  if (!ok) return 1;
  const { ConsumedCapacity: consumed = [] } = JSON.parse(answer.toString() || '{}') as {
    ConsumedCapacity?: Consumed | readonly Consumed[];
  };
  return [consumed].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}

export async function startMeteredDatabase(target: string, seen: Step[]): Promise<Witness> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const name = String(headers['x-amz-target']).replace(/^.*\./, '');
    const asked = { ...JSON.parse((await bodyOf(request)).toString()), ReturnConsumedCapacity: 'TOTAL' };
    const body = Buffer.from(JSON.stringify(asked));
    const step = { name, readUnits: 0, writeUnits: 0 };
    seen.push(step);
    const passed = ask(
      { agent, hostname, port, method, path: url, headers: { ...headers, 'content-length': body.length } },
      async (answer) => {
        const text = await bodyOf(answer);
        const units = unitsOf(text, answer.statusCode === 200);
        if (reading.includes(name)) step.readUnits = units;
        else step.writeUnits = units;
        // The checksum that DynamoDB sends is of what it has sent.
        response.writeHead(answer.statusCode ?? 502, answer.headers).end(text);
      },
    );
    passed.on('error', () => response.destroy());
    passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
