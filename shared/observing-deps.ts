/** The composition root goes on: what is looked at closely, and who is told of traces. */
import type { Live } from './deps.ts';
import { randomHex } from './ids.ts';
import { createObserving, type Observing } from './observability/observing.ts';
import { daemonAddress, xrayDaemon } from './observability/xray-daemon.ts';

type Needed = Pick<Live, 'env' | 'log' | 'logDebug' | 'now' | 'random'>;

export function observingOf({ env, log, logDebug, now, random }: Needed): Observing {
  const address = daemonAddress(env.xrayDaemon);
  return createObserving({
    log,
    logDebug,
    now,
    random,
    randomHex,
    debugShare: env.logDebugShare,
    traceHeader: () => env.variable('_X_AMZN_TRACE_ID'),
    sendDocument: address && xrayDaemon(address),
  });
}
