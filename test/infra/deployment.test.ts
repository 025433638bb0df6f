/** What `-c name=value` may say. */
import { ConfigError } from '../../infra/build/resolve-config.ts';
import { readDeployment } from '../../infra/deployment.ts';

const read = (context: Readonly<Record<string, unknown>>) => readDeployment((name) => context[name]);

test('a deployment that says nothing is dev, streams and brings its own role for logs', () => {
  expect(read({})).toEqual({
    stage: 'dev',
    production: false,
    responseMode: 'stream',
    logRole: 'own',
    dashboard: true,
    violationAlarm: 50,
    firstByteAlarm: 15,
    alarms: 'essential',
    logDebugShare: 0,
    requestLogKey: null,
  });
});

test('prod has all alarms unless it says otherwise, and what comes and goes has those that cost nothing', () => {
  expect(read({ stage: 'prod' })).toMatchObject({ alarms: 'all' });
  expect(read({ stage: 'prod', alarms: 'essential' })).toMatchObject({ alarms: 'essential' });
  expect(read({ stage: 'team-a' })).toMatchObject({ alarms: 'essential' });
});

test.each([
  ['1', 1],
  ['500', 500],
  [7, 7],
])('-c violationAlarm=%s is so many violations', (value, violationAlarm) => {
  expect(read({ violationAlarm: value })).toMatchObject({ violationAlarm });
});

test.each([
  ['1', 1],
  ['0', 0],
  ['0.01', 0.01],
  ['.5', 0.5],
  [0.25, 0.25],
])('-c logDebugShare=%s is a share of all requests', (value, logDebugShare) => {
  expect(read({ logDebugShare: value })).toMatchObject({ logDebugShare });
});

test('-c requestLogKey=… is the key that content of the request log is kept under', () => {
  const keys = [
    'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    'arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab',
  ];
  for (const requestLogKey of keys) expect(read({ requestLogKey })).toMatchObject({ requestLogKey });
});

test('prod alone is production', () => {
  expect(read({ stage: 'prod' }).production).toBe(true);
  expect(read({ stage: 'prod-eu' }).production).toBe(false);
});

test.each([
  ['stage', 'Prod_1', /-c stage=Prod_1 is wrong: .*lower case/],
  ['stage', '-dev', /-c stage=-dev is wrong/],
  ['stage', 'x'.repeat(25), /at most 24/],
  ['stage', '', /-c stage= is wrong/],
  ['stage', 7, /-c stage=7 is wrong/],
  ['responseMode', 'maybe', /-c responseMode=maybe is wrong: it must be stream or buffered/],
  ['alarms', 'some', /-c alarms=some is wrong: it must be essential or all or off/],
  ['logRole', 'none', /-c logRole=none is wrong: it must be own or existing/],
  ...['2', '-0.1', '1.5', 'all', '', '1e-3', '10%'].map((value): [string, unknown, RegExp] => [
    'logDebugShare',
    value,
    /-c logDebugShare=\S* is wrong: it must be a share from 0 to 1/,
  ]),
  ['dashboard', 'false', /-c dashboard=false is wrong: it must be on or off/],
  ...[
    'yes',
    '',
    7,
    'alias/mine',
    'arn:aws:kms:eu-central-1:111122223333:alias/mine',
    'arn:aws:kms:eu-central-1:111122223333:key/*',
    'arn:aws:s3:::bucket',
  ].map((value): [string, unknown, RegExp] => [
    'requestLogKey',
    value,
    /-c requestLogKey=\S* is wrong: it must be the ARN of a KMS key/,
  ]),
  ...['0', '-1', '1.5', 'many', '', '1e9', '9999999999'].map((value): [string, unknown, RegExp] => [
    'violationAlarm',
    value,
    /-c violationAlarm=\S* is wrong: it must be a whole number from 1 on/,
  ]),
])('-c %s=%s is refused with a remedy', (name, value, message) => {
  expect(() => read({ [name]: value })).toThrow(message);
  expect(() => read({ [name]: value })).toThrow(ConfigError);
});
