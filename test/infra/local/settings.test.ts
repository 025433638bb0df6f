import { readSettings, SettingsError } from '../../../infra/local/settings.ts';

const usual = {
  port: 8787,
  host: '127.0.0.1',
  configFile: 'sluice.json',
  dataFolder: '.sluice',
  adminKey: undefined,
  dynamodbEndpoint: undefined,
  openaiBaseURL: undefined,
};
const longKey = 'k'.repeat(32);

test.each<[NodeJS.ProcessEnv, object]>([
  [{}, {}],
  [{ PORT: '', HOST: '', SLUICE_CONFIG: '', SLUICE_DATA: '', SLUICE_ADMIN_KEY: '', OPENAI_BASE_URL: '' }, {}],
  [{ PORT: '0' }, { port: 0 }],
  [{ PORT: '65535' }, { port: 65_535 }],
  [{ HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
  [{ SLUICE_CONFIG: 'other.json' }, { configFile: 'other.json' }],
  [{ SLUICE_DATA: '/var/sluice' }, { dataFolder: '/var/sluice' }],
  [{ SLUICE_DATA: 'memory' }, { dataFolder: null }],
  [{ SLUICE_ADMIN_KEY: longKey }, { adminKey: longKey }],
  [{ DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000' }, { dynamodbEndpoint: 'http://127.0.0.1:8000' }],
  [{ OPENAI_BASE_URL: 'https://example.com/v1' }, { openaiBaseURL: 'https://example.com/v1' }],
])('%j makes %j of the usual settings', (variables, changes) => {
  expect(readSettings(variables)).toEqual({ ...usual, ...changes });
});

test.each<[NodeJS.ProcessEnv, RegExp]>([
  [{ PORT: 'http' }, /^PORT must be a port, such as 8787\.$/],
  [{ PORT: '65536' }, /^PORT must be a port/],
  [{ PORT: '-1' }, /^PORT must be a port/],
  [{ PORT: '8787 ' }, /^PORT must be a port/],
  [{ SLUICE_ADMIN_KEY: 'canary' }, /^SLUICE_ADMIN_KEY must have at least 32 characters\.$/],
  [{ DYNAMODB_ENDPOINT: 'localhost' }, /^DYNAMODB_ENDPOINT must be a URL, such as/],
  [{ OPENAI_BASE_URL: 'openai' }, /^OPENAI_BASE_URL must be a URL, such as/],
  [{ PORT: 'x', OPENAI_BASE_URL: 'x' }, /PORT .*\nOPENAI_BASE_URL /],
])('%j is refused, and the message names the variable and the remedy, not the value', (variables, message) => {
  expect(() => readSettings(variables)).toThrow(SettingsError);
  expect(() => readSettings(variables)).toThrow(message);
  expect(() => readSettings(variables)).not.toThrow(/canary/);
});
