import { readEnvironment } from '../../shared/environment.ts';
import { environmentSecrets } from '../../shared/secrets/environment-secrets.ts';
import { tableNames, tableVariable } from '../../shared/tables.ts';

const variables = {
  SLUICE_RESOLVED_CONFIG: '/config.json',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
};

describe('the environment of a function', () => {
  test('has its usual values', () => {
    expect(readEnvironment(variables)).toMatchObject({
      stage: 'local',
      resolvedConfigFile: '/config.json',
      responseMode: 'stream',
      aws: { region: 'us-east-1', credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } },
      tables: {},
      secretIds: {},
    });
    expect(readEnvironment(variables).aws.credentials).not.toHaveProperty('sessionToken');
  });

  test('tells one machine, where callers who leave are heard of, from Lambda', () => {
    expect(readEnvironment(variables).hearsOfCallers).toBe(true);
    expect(readEnvironment({ ...variables, AWS_LAMBDA_FUNCTION_NAME: 'chat' }).hearsOfCallers).toBe(false);
  });

  test.each([
    [undefined, 0],
    ['0', 0],
    ['0.01', 0.01],
    ['1', 1],
    ['1.000000', 1],
  ])('of all requests, a share of %s is looked at closely', (SLUICE_LOG_DEBUG_SHARE, share) => {
    const set = { ...variables, ...(SLUICE_LOG_DEBUG_SHARE !== undefined && { SLUICE_LOG_DEBUG_SHARE }) };
    expect(readEnvironment(set).logDebugShare).toBe(share);
  });

  test('lets tools be on the machine itself only where it says so, and never on AWS (THREATS 4)', () => {
    const local = { LOCAL_TOOLS_FOLDER: '/tools', SLUICE_TOOLS_ALLOW_LOOPBACK: '1' };
    expect(readEnvironment(variables).tools).toEqual({ folder: undefined, allowsLoopback: false });
    expect(readEnvironment({ ...variables, ...local }).tools).toEqual({ folder: '/tools', allowsLoopback: true });
    for (const other of ['', '0', 'true', 'yes']) {
      const set = { ...variables, SLUICE_TOOLS_ALLOW_LOOPBACK: other };
      expect(readEnvironment(set).tools.allowsLoopback).toBe(false);
    }
    const onAws = { ...variables, ...local, AWS_LAMBDA_FUNCTION_NAME: 'chat' };
    expect(readEnvironment(onAws).tools).toEqual({ folder: undefined, allowsLoopback: false });
  });

  test('knows each table by its own variable', () => {
    expect(tableNames.map(tableVariable)).toEqual([
      'PROJECTS_TABLE',
      'SERVICE_ACCOUNTS_TABLE',
      'KEYS_TABLE',
      'ADMIN_KEYS_TABLE',
      'USAGE_TABLE',
      'ADMISSION_TABLE',
      'AUDIT_LOGS_TABLE',
      'IDEMPOTENCY_TABLE',
      'RESPONSE_CACHE_TABLE',
      'CIRCUITS_TABLE',
      'SPEND_ALERTS_TABLE',
      'VIOLATIONS_TABLE',
      'TOOLS_TABLE',
      'CONVERSATIONS_TABLE',
      'RESPONSES_TABLE',
      'RUNS_TABLE',
      'BACKGROUND_RESPONSES_TABLE',
      'FILES_TABLE',
      'UPLOADS_TABLE',
      'BATCHES_TABLE',
      'BATCH_LINES_TABLE',
      'BLOCKED_ADDRESSES_TABLE',
    ]);
    const { tables } = readEnvironment({ ...variables, SERVICE_ACCOUNTS_TABLE: 'sa', USAGE_TABLE: '' });
    expect(tables).toEqual({ serviceAccounts: 'sa' });
  });

  test('takes Lambda’s credentials, session token included', () => {
    const { aws } = readEnvironment({ ...variables, AWS_SESSION_TOKEN: 'token', AWS_REGION: 'eu-west-1' });
    expect(aws).toMatchObject({ region: 'eu-west-1', credentials: { sessionToken: 'token' } });
  });

  test.each([
    ['SLUICE_RESOLVED_CONFIG', { SLUICE_RESOLVED_CONFIG: undefined }],
    ['AWS_ACCESS_KEY_ID', { AWS_ACCESS_KEY_ID: undefined }],
    ['AWS_SECRET_ACCESS_KEY', { AWS_SECRET_ACCESS_KEY: undefined }],
    ['SLUICE_STAGE', { SLUICE_STAGE: 'Canary' }],
    ['SLUICE_STAGE', { SLUICE_STAGE: 'x'.repeat(25) }],
    ['RESPONSE_MODE', { RESPONSE_MODE: 'canary' }],
    ['SLUICE_LOG_DEBUG_SHARE', { SLUICE_LOG_DEBUG_SHARE: '1.5' }],
    ['SLUICE_LOG_DEBUG_SHARE', { SLUICE_LOG_DEBUG_SHARE: 'canary' }],
    ['SLUICE_ADMIN_KEY', { SLUICE_ADMIN_KEY: 'canary' }],
  ])('that is wrong names %s, says who sets it, and quotes nothing (I6): %j', (name, changes) => {
    const read = () => readEnvironment({ ...variables, ...changes });
    expect(read).toThrow(new RegExp(`${name} .*The stack, or npm start, sets it`));
    expect(read).not.toThrow(/canary/i);
  });
});

describe('secrets in the environment, on one machine', () => {
  const secretsOf = (more: NodeJS.ProcessEnv) => environmentSecrets(readEnvironment({ ...variables, ...more }));
  const pepper = 'p'.repeat(32);

  test('are read as they are', async () => {
    const secrets = secretsOf({
      SLUICE_ADMIN_KEY: 'k'.repeat(32),
      SLUICE_PEPPERS: JSON.stringify({ '1': pepper, '2': `${pepper}2` }),
      OPENAI_API_KEY: 'sk-x',
      EMPTY_KEY: '',
    });
    expect(await secrets.adminKey()).toBe('k'.repeat(32));
    expect(await secrets.peppers()).toEqual({ '1': pepper, '2': `${pepper}2` });
    expect(await secrets.providerKey('OPENAI_API_KEY', false)).toBe('sk-x');
    expect(await secrets.providerKey('EMPTY_KEY', true)).toBeUndefined();
    expect(await secrets.providerKey('NO_KEY', false)).toBeUndefined();
  });

  test('that are missing are named', async () => {
    await expect(secretsOf({}).adminKey()).rejects.toThrow('SLUICE_ADMIN_KEY is not set');
    await expect(secretsOf({}).peppers()).rejects.toThrow('SLUICE_PEPPERS is not set');
  });

  test.each([
    ['short', { '1': 'short' }],
    ['of a version that is no number', { one: pepper }],
    ['none at all', {}],
    ['no text', { '1': 5 }],
  ])('peppers are refused that are %s (THREATS 1)', async (_, peppers) => {
    await expect(secretsOf({ SLUICE_PEPPERS: JSON.stringify(peppers) }).peppers()).rejects.toThrow();
  });
});
