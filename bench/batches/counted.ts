/** What a line asks of DynamoDB: everything between the upload and the last look, by the name of the call. */
import { startRelay } from '../relay.ts';
import { batchScene, begun, ended, inputOf } from './scene.ts';

export type Counted = {
  readonly lines: number;
  readonly perLine: number;
  readonly byName: ReadonlyMap<string, number>;
};

export async function counted(folder: string, lines: number): Promise<Counted> {
  let byName = new Map<string, number>();
  const through = (endpoint: string) =>
    startRelay(endpoint, (request, response, passOn) => {
      const name = String(request.headers['x-amz-target']).replace(/^.*\./, '');
      byName.set(name, (byName.get(name) ?? 0) + 1);
      request.pipe(
        passOn().on('response', (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        }),
      );
    });
  const scene = await batchScene({ folder, gateways: 1, through });
  try {
    await ended(scene.client, await begun(scene.client, inputOf(10)));
    byName = new Map();
    await ended(scene.client, await begun(scene.client, inputOf(lines)));
    // The queue of one machine is a table of its own, and looked at once a second: on AWS it is SQS.
    const all = [...byName.values()].reduce((sum, count) => sum + count, 0);
    return { lines, perLine: all / lines, byName };
  } finally {
    await scene.stop();
  }
}
