/** What the person who deploys decides, by CDK's context: `cdk deploy -c stage=prod`. */
import { ConfigError } from './build/resolve-config.ts';

export type Deployment = {
  /** Part of the stack's name and of every API key. */
  readonly stage: string;
  /** On `prod` nothing that cannot be made again is deleted. */
  readonly production: boolean;
  readonly responseMode: 'stream' | 'buffered';
  /**
   * API Gateway writes its logs through one role per account and region. `own`
   * makes it; `existing` leaves alone the one that another stack has made.
   */
  readonly logRole: 'own' | 'existing';
  /** So many requests in five minutes that violate their project's safety policy are a spike, and an alarm. */
  readonly violationAlarm: number;
  /** An alarm where one stream in a hundred waits so many seconds for its first byte. */
  readonly firstByteAlarm: number;
  /** `essential` are those that CloudWatch does not charge for; `prod` has all of them: docs/adr/0073. */
  readonly alarms: 'off' | 'essential' | 'all';
  /** Of all requests, those whose decisions are written to the log one by one: from 0 to 1. */
  readonly logDebugShare: number;
  /** Three dashboards of an account with 50 metrics each are free; one more, or a larger one, is $3 a month. */
  readonly dashboard: boolean;
  /** The ARN of a KMS key of the customer's, in the region of the stack: what content of the request log is kept under. Null: none is kept. */
  readonly requestLogKey: string | null;
};

const oneOf = <Value extends string>(name: string, value: unknown, allowed: readonly [Value, ...Value[]]): Value => {
  const found = allowed.find((candidate) => candidate === (value ?? allowed[0]));
  if (found === undefined) throw new ConfigError(`-c ${name}=${value} is wrong: it must be ${allowed.join(' or ')}.`);
  return found;
};

function positive(name: string, value: unknown): number {
  if (!/^[1-9]\d{0,8}$/.test(String(value))) {
    throw new ConfigError(`-c ${name}=${value} is wrong: it must be a whole number from 1 on.`);
  }
  return Number(value);
}

/** As shared/environment.ts takes it. */
function share(name: string, value: unknown): number {
  if (!/^(?:0|1|0?\.\d{1,6})$/.test(String(value))) {
    throw new ConfigError(`-c ${name}=${value} is wrong: it must be a share from 0 to 1, like 0.01.`);
  }
  return Number(value);
}

/** A key and no alias: the right to use it is given by this very ARN. */
const keyArn = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;

function requestLogKeyOf(value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && keyArn.test(value)) return value;
  throw new ConfigError(
    `-c requestLogKey=${value} is wrong: it must be the ARN of a KMS key, like arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab, and no alias.`,
  );
}

/** Throws a `ConfigError` for a value that is not one of those allowed. */
export function readDeployment(context: (name: string) => unknown): Deployment {
  const stage = context('stage') ?? 'dev';
  // As in shared/environment.ts, and without the dashes at the ends that a stack's name cannot have.
  if (typeof stage !== 'string' || !/^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/.test(stage)) {
    throw new ConfigError(
      `-c stage=${stage} is wrong: a stage has at most 24 lower case letters, digits and dashes, like "dev" or "team-a".`,
    );
  }
  return {
    stage,
    production: stage === 'prod',
    responseMode: oneOf('responseMode', context('responseMode'), ['stream', 'buffered']),
    logRole: oneOf('logRole', context('logRole'), ['own', 'existing']),
    logDebugShare: share('logDebugShare', context('logDebugShare') ?? 0),
    dashboard: oneOf('dashboard', context('dashboard'), ['on', 'off']) === 'on',
    violationAlarm: positive('violationAlarm', context('violationAlarm') ?? 50),
    firstByteAlarm: positive('firstByteAlarm', context('firstByteAlarm') ?? 15),
    alarms: oneOf('alarms', context('alarms') ?? (stage === 'prod' ? 'all' : 'essential'), ['essential', 'all', 'off']),
    requestLogKey: requestLogKeyOf(context('requestLogKey')),
  };
}
