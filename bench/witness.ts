/** A proxy in front of a provider that tells of each request, and can stand in for a provider that fails. */
import { type Relay, startRelay } from './relay.ts';

export type Witness = Relay & { fails: boolean };

const failure = JSON.stringify({
  error: { message: 'Scripted failure.', type: 'server_error', code: null, param: null },
});

export async function startWitness(target: string, onRequest: () => void): Promise<Witness> {
  const proxy = await startRelay(target, (request, response, passOn) => {
    onRequest();
    if (witness.fails) {
      request.resume();
      response.writeHead(500, { 'content-type': 'application/json' }).end(failure);
      return;
    }
    const passed = passOn().on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  const witness: Witness = { ...proxy, fails: false };
  return witness;
}
