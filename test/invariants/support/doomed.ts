/** An instance of the function as it is shipped, which serves many calls at once until it is killed. */
import { flushCompileCache } from 'node:module';
import { installAwsLambdaGlobal } from '../../../infra/local/aws-lambda-global.ts';
import { invoke, type LambdaHandler, lambdaContext } from '../../../infra/local/invoke.ts';
import type { GatewayEvent } from '../../../shared/http/event.ts';

/** What it is told: the events to send, over and over, with a request id and a mark of their own. */
export type Doom = { readonly bundle: string; readonly events: readonly GatewayEvent[]; readonly loops: number };

const { bundle, events, loops } = JSON.parse(process.argv[2] ?? '{}') as Doom;

installAwsLambdaGlobal();
const { handler } = (await import(bundle)) as { handler: LambdaHandler };

async function serve(event: GatewayEvent): Promise<void> {
  const requestId = crypto.randomUUID();
  await invoke({
    handler,
    event: {
      ...event,
      body: JSON.stringify({ ...JSON.parse(event.body ?? '{}'), user: requestId }),
      requestContext: { ...event.requestContext, requestId },
    },
    context: lambdaContext('chat-completions', requestId, () => Date.now()),
    onPrelude: () => {},
    sink: { write: () => true, onDrain: (resume) => resume(), end: () => {} },
    onCallerGone: () => {},
  });
}

process.on('message', () => {
  for (let loop = 0; loop < loops; loop += 1) {
    void (async () => {
      for (let next = loop; ; next += 1) await serve(events[next % events.length] as GatewayEvent);
    })();
  }
});
// Whoever is killed leaves no cache behind, and without one the next starts as slowly.
flushCompileCache();
process.send?.('loaded');
