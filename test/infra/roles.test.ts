/** Each function's role, statement by statement: what its routes, schedules or queues need, and nothing else (THREATS 13). */
import { type QueueDefinition, queues } from '../../infra/queues.ts';
import { deployedRoutes as routes } from '../../infra/routes.ts';
import { type Schedule, schedules } from '../../infra/schedules.ts';
import { type Route, tablesOf, touched } from '../../shared/http/route.ts';
import { queueVariable } from '../../shared/queues/queue.ts';
import { type TableDefinition, type TableName, tableNames, tables, tableVariable } from '../../shared/tables.ts';
import { referred, type Stack, statementsOf, synthesize, text } from './assembly.ts';

type LambdaFunction = {
  readonly Role: unknown;
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
};
type Role = { readonly ManagedPolicyArns?: readonly unknown[] };

let stack: Stack;
beforeAll(async () => {
  stack = await synthesize('dev');
}, 120_000);

const list = <Value>(value: Value | readonly Value[]): readonly Value[] =>
  Array.isArray(value) ? value : [value as Value];

const all: readonly Route[] = routes;
const scheduled: readonly Schedule[] = schedules;
const queued: readonly QueueDefinition[] = queues;
const functionNames = [...new Set([...all, ...scheduled, ...queued].map((caller) => caller.function))];
const queuesOf = (name: string) => queued.filter((queue) => queue.function === name);
const sendsTo = (name: string) => [
  ...new Set([...routesOf(name), ...schedulesOf(name), ...queuesOf(name)].flatMap((caller) => caller.queues ?? [])),
];
const schedulesOf = (name: string) => scheduled.filter((schedule) => schedule.function === name);
const tablesNeeded = (name: string) =>
  touched([
    Object.fromEntries([...tablesOf(routesOf(name))].map(([table, access]) => [table, [...access]])),
    ...[...schedulesOf(name), ...queuesOf(name)].map(({ tables: needed }) => needed),
  ]);
const publishes = (name: string) => schedulesOf(name).some((schedule) => schedule.publishes);
const writesReports = (name: string) => schedulesOf(name).some((schedule) => schedule.bucket);
const callersOf = (name: string) => [...routesOf(name), ...schedulesOf(name), ...queuesOf(name)];
const keepsBodies = (name: string) => callersOf(name).some(({ bodies }) => bodies);
const touchesFiles = (name: string) => callersOf(name).some(({ files }) => files);
const deletesBodies = (name: string) => callersOf(name).some((caller) => caller.deletesBodies);
const checksHealth = (name: string) => routesOf(name).some((route) => route.checksHealth);
const writesLog = (name: string) => queuesOf(name).some(({ requestLogs }) => requestLogs);
const routesOf = (name: string) => all.filter((route) => route.function === name);

const functionCalled = (name: string): LambdaFunction => {
  const found = stack.of<LambdaFunction>('AWS::Lambda::Function').find(([id]) => stack.functionName(id) === name);
  if (!found) throw new Error(`no function ${name}`);
  return found[1].Properties;
};

/** What something in the stack is called in these tests: `table keys`, `secret Pepper`, `logs`. */
function nameOf(resource: unknown): string {
  if (resource === '*') return '*';
  const [, id = ''] = /<([^>]+)>/.exec(text(resource)) ?? [];
  const path = stack.template.Resources[id]?.Metadata?.['aws:cdk:path'] ?? '';
  const suffix = text(resource).split('>')[1] ?? '';
  const [, kind = '', name = ''] =
    /^sluice-dev\/(Tables|Secrets|Functions|Notifications|Reports|Bodies|DeadLetters|Queues)\/([^/]+(?:\/DeadLetters)?)\//.exec(
      path,
    ) ?? [];
  const kinds: Readonly<Record<string, string>> = {
    Tables: 'table',
    Secrets: 'secret',
    Functions: 'logs of',
    Notifications: 'the',
    Reports: 'the reports',
    Bodies: 'the bodies',
    DeadLetters: 'the dead letters',
    Queues: 'queue',
  };
  return `${kinds[kind] ?? path} ${name}${suffix}`;
}

/** `action on resource`, for everything that the function may do. */
const allowed = (name: string): string[] =>
  statementsOf(stack, referred(functionCalled(name).Role))
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap((action) => list(Resource).map((resource) => `${action} on ${nameOf(resource)}`)),
    )
    .sort();

const tableActions = {
  read: ['GetItem', 'ConditionCheckItem'],
  list: ['Query'],
  append: ['PutItem'],
  write: ['PutItem', 'UpdateItem', 'DeleteItem'],
  // Under a condition, which has a test of its own.
  probe: ['Query'],
} as const;

const secretsNeeded = (name: string): ReadonlyMap<string, string> =>
  new Map([
    ...(routesOf(name).some(({ audience }) => audience !== 'anyone') ? [['PEPPER_SECRET', 'Pepper'] as const] : []),
    ...(routesOf(name).some(({ audience }) => audience === 'admin') ? [['ADMIN_KEY_SECRET', 'AdminKey'] as const] : []),
    ...([...routesOf(name), ...queuesOf(name)].some(({ providers }) => providers) || checksHealth(name)
      ? [['PROVIDER_KEYS_SECRET', 'ProviderKeys'] as const]
      : []),
  ]);

const indexesOf = (table: TableName): string[] => Object.keys((tables[table] as TableDefinition).indexes ?? {});

const expected = (name: string): string[] =>
  [
    ...[...tablesNeeded(name)].flatMap(([table, access]) => [
      ...[...access].flatMap((kind) => tableActions[kind].map((action) => `dynamodb:${action} on table ${table}`)),
      ...(access.has('list') ? indexesOf(table).map((index) => `dynamodb:Query on table ${table}/index/${index}`) : []),
    ]),
    ...[...secretsNeeded(name).values()].map((secret) => `secretsmanager:GetSecretValue on secret ${secret}`),
    ...(publishes(name) ? ['sns:Publish on the Topic'] : []),
    ...(writesReports(name) ? ['s3:PutObject on the reports Bucket/*'] : []),
    ...(keepsBodies(name) ? ['s3:GetObject on the bodies Bucket/*', 's3:PutObject on the bodies Bucket/*'] : []),
    ...sendsTo(name).map((queue) => `sqs:SendMessage on queue ${queue}`),
    ...queuesOf(name).flatMap((queue) =>
      ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action) => `sqs:${action} on queue ${queue.name}`),
    ),
    ...(deletesBodies(name) ? ['s3:DeleteObject on the bodies Bucket/*'] : []),
    ...(touchesFiles(name)
      ? ['AbortMultipartUpload', 'DeleteObject', 'GetObject', 'PutObject'].flatMap((action) =>
          ['files', 'uploads'].map((folder) => `s3:${action} on the bodies Bucket/${folder}/*`),
        )
      : []),
    ...(writesLog(name)
      ? [
          ...['GetObject', 'DeleteObject'].map((action) => `s3:${action} on the bodies Bucket/request-log-inbox/*`),
          ...['PutObject', 'PutObjectTagging'].map((action) => `s3:${action} on the reports Bucket/request-logs/*`),
        ]
      : []),
    ...(schedulesOf(name).length > 0 ? ['sqs:SendMessage on the dead letters Queue'] : []),
    ...(checksHealth(name)
      ? [
          'cloudwatch:DescribeAlarms on *',
          'cloudwatch:GetMetricData on *',
          'sqs:GetQueueAttributes on the dead letters Queue',
          ...queued.flatMap((queue) => [
            `sqs:GetQueueAttributes on queue ${queue.name}`,
            `sqs:GetQueueAttributes on queue ${queue.name}/DeadLetters`,
          ]),
        ]
      : []),
    `logs:CreateLogStream on logs of ${name}`,
    `logs:PutLogEvents on logs of ${name}`,
    'xray:PutTelemetryRecords on *',
    'xray:PutTraceSegments on *',
  ].sort();

test.each(functionNames)('%s may do what its routes, schedules or queues need, and nothing else', (name) => {
  expect(allowed(name)).toEqual(expected(name));
});

test.each(functionNames)('%s is told of the tables and secrets that it may use, and of no others', (name) => {
  const { Variables } = functionCalled(name).Environment;
  const told = Object.entries(Variables).filter(([variable]) => /_(TABLE|SECRET|TOPIC|BUCKET|QUEUE)$/.test(variable));
  expect(Object.fromEntries(told.map(([variable, value]) => [variable, nameOf(value)]))).toEqual({
    ...Object.fromEntries([...tablesNeeded(name).keys()].map((table) => [tableVariable(table), `table ${table}`])),
    ...(publishes(name) && { NOTIFICATIONS_TOPIC: 'the Topic' }),
    ...(writesReports(name) && { REPORTS_BUCKET: 'the reports Bucket' }),
    ...Object.fromEntries(sendsTo(name).map((queue) => [queueVariable(queue), `queue ${queue}`])),
    ...(checksHealth(name) &&
      Object.fromEntries(queued.map((queue) => [queueVariable(queue.name), `queue ${queue.name}`]))),
    ...((keepsBodies(name) || deletesBodies(name) || touchesFiles(name) || checksHealth(name) || writesLog(name)) && {
      BODIES_BUCKET: 'the bodies Bucket',
    }),
    ...(writesLog(name) && { REQUEST_LOG_BUCKET: 'the reports Bucket' }),
    ...Object.fromEntries([...secretsNeeded(name)].map(([variable, secret]) => [variable, `secret ${secret}`])),
  });
});

test('every function has a role of its own, with no policy but those that this test has read', () => {
  const roles = functionNames.map((name) => referred(functionCalled(name).Role));
  expect(new Set(roles).size).toBe(functionNames.length);
  const properties = new Map(stack.of<Role>('AWS::IAM::Role').map(([id, role]) => [id, role.Properties]));
  for (const role of roles) {
    expect(properties.has(role)).toBe(true);
    expect(properties.get(role)?.ManagedPolicyArns ?? []).toEqual([]);
  }
});

test('a permission stands in its role, and in no policy beside it', () => {
  for (const type of ['Policy', 'ManagedPolicy', 'RolePolicy']) expect(stack.of(`AWS::IAM::${type}`)).toEqual([]);
});

test('no policy has a wildcard for an action, a scan, or a wildcard for a resource that X-Ray does not force', () => {
  const statements = stack.of<Role>('AWS::IAM::Role').flatMap(([role]) => statementsOf(stack, role));
  expect(statements.length).toBeGreaterThan(functionNames.length);
  for (const { Action, Resource, Effect } of statements) {
    expect(Effect).toBe('Allow');
    const actions = list(Action);
    expect(actions.filter((action) => action.includes('*') || action === 'dynamodb:Scan')).toEqual([]);
    // Nor metrics and alarms, to be read: neither has an address that could be named.
    if (actions.every((action) => /^(xray:.*|cloudwatch:(GetMetricData|DescribeAlarms))$/.test(action))) continue;
    // Each report and each body is an object of its own.
    const onObjects = ['Get', 'Put', 'Delete'].map((verb) => `s3:${verb}Object`);
    onObjects.push('s3:DeleteObjectVersion', 's3:AbortMultipartUpload', 's3:PutObjectTagging');
    if (actions.every((action) => onObjects.includes(action))) continue;
    expect(list(Resource).filter((resource) => text(resource).includes('*'))).toEqual([]);
  }
});

test('who looks whether tables answer may read one partition of them, in which there is nothing', () => {
  const statements = statementsOf(stack, referred(functionCalled('organization-health').Role));
  const onlyProbed = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['health-check'] } };
  const probing = statements.filter(({ Condition }) => JSON.stringify(Condition) === JSON.stringify(onlyProbed));
  const probed = probing.flatMap(({ Action, Resource }) => list(Resource).map((one) => `${Action} on ${nameOf(one)}`));
  expect(probed.sort()).toEqual(tableNames.map((table) => `dynamodb:Query on table ${table}`).sort());
  const others = statements.filter((statement) => !probing.includes(statement));
  const read = others.filter(({ Action }) => list(Action).includes('dynamodb:Query'));
  expect(read.flatMap(({ Resource }) => list(Resource).map(nameOf))).toEqual(['table circuits']);
});

test('what nobody may be given by a slip of the route table', () => {
  // The audit log can be added to, and its entries completed; nobody can delete one, nor what guardrails found.
  for (const name of functionNames) {
    const reaching = allowed(name).filter((line) => /on table (auditLogs|violations)$/.test(line));
    expect(reaching.filter((line) => !/:(PutItem|Query) /.test(line))).toEqual([]);
  }
  expect(allowed('health').filter((line) => /dynamodb|secretsmanager/.test(line))).toEqual([]);
  expect(allowed('openapi').filter((line) => /dynamodb|secretsmanager/.test(line))).toEqual([]);
  expect(
    allowed('chat-completions').filter((line) =>
      /AdminKey|serviceAccounts|(Put|Update|Delete)Item on table (projects|adminKeys)/.test(line),
    ),
  ).toEqual([]);
  // But for marking the admin key as used, and blocking those who guess at it.
  const reaching = /ProviderKeys|(Put|Update|Delete)Item on (?!table (adminKeys|blockedAddresses)$)/;
  expect(allowed('usage').filter((line) => reaching.test(line))).toEqual([]);
});

describe('a deployment with a key for the request log', () => {
  const key = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  let withKey: Stack;
  beforeAll(async () => {
    withKey = await synthesize('dev', { context: { requestLogKey: key } });
  }, 120_000);

  test('lets whoever writes the log encrypt with that key, and nobody decrypt, or do anything with another', () => {
    const roleOf = (name: string) => {
      const functions = withKey.of<LambdaFunction>('AWS::Lambda::Function');
      return referred(functions.find(([id]) => withKey.functionName(id) === name)?.[1].Properties.Role);
    };
    const allowing = withKey.of<Role>('AWS::IAM::Role').flatMap(([role]) =>
      statementsOf(withKey, role)
        .filter(({ Resource }) => list(Resource).some((resource) => text(resource) === key))
        .map(({ Action }) => [role, Action]),
    );
    expect(allowing).toEqual([[roleOf('request-log'), 'kms:GenerateDataKey']]);
    expect(JSON.stringify(withKey.template)).not.toContain('kms:Decrypt');
  });

  test('tells the functions of it, and without one none is told of any', () => {
    const told = (of: Stack) =>
      of
        .of<Partial<LambdaFunction>>('AWS::Lambda::Function')
        .flatMap(([, { Properties }]) => Properties.Environment?.Variables['REQUEST_LOG_KEY_ARN'] ?? []);
    expect(new Set(told(withKey))).toEqual(new Set([key]));
    expect(told(withKey)).toHaveLength(functionNames.length);
    expect(told(stack)).toEqual([]);
  });

  test('makes no key of its own: one costs a dollar a month when nobody calls', () => {
    for (const made of [stack, withKey]) expect(made.of('AWS::KMS::Key')).toEqual([]);
  });
});
