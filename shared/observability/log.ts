/** The structured log. It carries ids, counts and names: never a prompt, an answer or a key (I6). */
import { Logger } from '@aws-lambda-powertools/logger';

export type Facts = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
}

/**
 * What may be known of a thrown thing. Its message is left out, because messages
 * quote: a JSON parser the body, a provider the prompt, a URL the key. Where it
 * was thrown stays.
 */
export function describe(thrown: unknown, depth = 3): Facts {
  if (!(thrown instanceof Error)) return { name: typeof thrown };
  const { name, cause } = thrown;
  const frames = traceOf(thrown)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
  const code = 'code' in thrown ? thrown.code : undefined;
  const status = 'status' in thrown ? thrown.status : undefined;
  return {
    name,
    ...(isPlain(code) && { code }),
    ...(isPlain(status) && { status }),
    frames,
    ...(cause !== undefined && depth > 0 && { cause: describe(cause, depth - 1) }),
  };
}

/**
 * The stack behind the message, which it begins with and which may have lines
 * that look like frames. Where the message cannot be told apart, nothing of it.
 */
function traceOf({ stack = '', message }: Error): string {
  const at = message === '' ? -1 : stack.indexOf(message);
  if (at !== -1) return stack.slice(at + message.length);
  return /^\w+\n/.test(stack) ? stack : '';
}

/** A code is an identifier or a number; anything longer might be a sentence. */
const isPlain = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value));

const presentable = ({ error, ...facts }: Facts): Record<string, unknown> => ({
  ...facts,
  ...(error !== undefined && { error: describe(error) }),
});

/** The level comes from Powertools' own variable: https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/ */
export function powertoolsLog(): Log {
  const logger = new Logger({ serviceName: 'sluice' });
  return {
    info: (message, facts = {}) => logger.info(message, presentable(facts)),
    warn: (message, facts = {}) => logger.warn(message, presentable(facts)),
    error: (message, facts = {}) => logger.error(message, presentable(facts)),
  };
}

/** For the trail of a request that is looked at closely, which alone knows whether it is: shared/observability/observing.ts. */
export type LogDebug = (message: string, facts: Facts) => void;

/**
 * By a level of its own, whatever that of the other lines. Powertools' sampling would lower the level of the whole
 * instance, and so of requests that share it (I10).
 */
export function powertoolsDebugLog(): LogDebug {
  let logger: Logger | undefined;
  return (message, facts) => {
    logger ??= new Logger({ serviceName: 'sluice', logLevel: 'DEBUG' });
    logger.debug(message, presentable(facts));
  };
}
