/** Tables, secrets, logs, functions and outputs, on a stage that may go and on the one that may not. */
import { type QueueDefinition, queues } from '../../infra/queues.ts';
import { deployedRoutes as routes } from '../../infra/routes.ts';
import { type Schedule, schedules } from '../../infra/schedules.ts';
import { retentionClasses } from '../../shared/request-log/project-request-log.ts';
import { isLocal, type TableDefinition, tableNames, tables } from '../../shared/tables.ts';
import { referred, type Stack, synthesize, text } from './assembly.ts';

type Table = {
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly AttributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string;
    readonly KeySchema: Table['KeySchema'];
    readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes: readonly string[] };
  }[];
  readonly LocalSecondaryIndexes?: readonly {
    readonly IndexName: string;
    readonly KeySchema: Table['KeySchema'];
    readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes: readonly string[] };
  }[];
};

const queued: readonly QueueDefinition[] = queues;
const functionNames = new Set(
  [...routes, ...(schedules as readonly Schedule[]), ...queued].map((caller) => caller.function),
);

let dev: Stack;
let prod: Stack;
beforeAll(async () => {
  [dev, prod] = await Promise.all([synthesize('dev'), synthesize('prod')]);
}, 120_000);

const stages = ['dev', 'prod'] as const;
const on = (stage: (typeof stages)[number]): Stack => (stage === 'dev' ? dev : prod);

const tableCalled = (stack: Stack, name: string) => {
  const found = stack
    .of<Table>('AWS::DynamoDB::Table')
    .find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.includes(`/Tables/${name}/`));
  if (!found) throw new Error(`no table ${name}`);
  return found[1];
};

const keySchema = (partitionKey: string, sortKey: string | undefined) => [
  { AttributeName: partitionKey, KeyType: 'HASH' },
  ...(sortKey === undefined ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' }]),
];

describe.each(stages)('on %s', (stage) => {
  test.each(tableNames)('the table %s has the keys and indexes of shared/tables.ts', (name) => {
    const { partitionKey, sortKey, indexes = {} }: TableDefinition = tables[name];
    const { Properties } = tableCalled(on(stage), name);
    expect(Properties.KeySchema).toEqual(keySchema(partitionKey, sortKey));
    expect(Properties.AttributeDefinitions.map(({ AttributeType }) => AttributeType)).not.toContain('N');
    const held = (wanted: boolean) =>
      Object.entries(indexes)
        .filter(([, index]) => isLocal(index, tables[name]) === wanted)
        .map(([IndexName, index]) => ({
          IndexName,
          KeySchema: keySchema(index.partitionKey, index.sortKey),
          Projection:
            index.attributes.length > 0
              ? { ProjectionType: 'INCLUDE', NonKeyAttributes: index.attributes }
              : { ProjectionType: 'KEYS_ONLY' },
        }));
    expect(Properties.GlobalSecondaryIndexes ?? []).toEqual(held(false));
    expect(Properties.LocalSecondaryIndexes ?? []).toEqual(held(true));
  });

  test.each(tableNames)('the table %s is paid by the request, encrypted and recoverable', (name) => {
    expect(tableCalled(on(stage), name).Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test('every function is a traced nodejs24.x on arm64 that logs where its role lets it', () => {
    const functions = on(stage)
      .of('AWS::Lambda::Function')
      .filter(([id]) => on(stage).functionName(id) !== '');
    expect(functions).toHaveLength(functionNames.size);
    for (const [, { Properties }] of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogGroup: expect.anything() },
        Environment: { Variables: { SLUICE_STAGE: stage, SLUICE_RESOLVED_CONFIG: 'sluice.resolved.json' } },
      });
    }
  });

  test('every log group forgets', () => {
    const groups = on(stage).of<{ RetentionInDays?: number }>('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(functionNames.size);
    for (const [, { Properties }] of groups) expect(Properties.RetentionInDays).toBe(stage === 'prod' ? 90 : 14);
  });

  test('the stack is far from the 500 resources that CloudFormation allows', () => {
    expect(Object.keys(on(stage).template.Resources).length).toBeLessThan(240);
  });

  test('the template is far from the megabyte that CloudFormation takes', () => {
    expect(JSON.stringify(on(stage).template, null, 1).length).toBeLessThan(600_000);
  });

  test('the buckets are private and encrypted, no one reaches them in the clear, and old objects go', () => {
    const buckets = on(stage).of('AWS::S3::Bucket');
    expect(buckets).toHaveLength(2);
    for (const [, { Properties }] of buckets)
      expect(Properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: expect.anything(),
        LifecycleConfiguration: { Rules: expect.arrayContaining([expect.objectContaining({ Status: 'Enabled' })]) },
      });
    const refusing = refusalsInTheClear(on(stage), 'AWS::S3::BucketPolicy');
    expect(refusing.sort()).toEqual(buckets.map(([id]) => id).sort());
  });

  test('reports keep their earlier versions; bodies have none, and but for conversations and files are rubbish within weeks', () => {
    const bucketOf = (name: string) =>
      on(stage)
        .of('AWS::S3::Bucket')
        .find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.includes(`/${name}/`))?.[1].Properties;
    expect(bucketOf('Reports')).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } });
    expect(bucketOf('Bodies')).not.toHaveProperty('VersioningConfiguration');
    expect(bucketOf('Bodies')).toMatchObject({
      LifecycleConfiguration: {
        Rules: [
          ...['cache/', 'idempotency/', 'responses/'].map((Prefix) =>
            expect.objectContaining({ ExpirationInDays: 33, Status: 'Enabled', Prefix }),
          ),
          expect.objectContaining({ ExpirationInDays: 5, Status: 'Enabled', Prefix: 'request-log-inbox/' }),
          expect.objectContaining({ ExpirationInDays: 7, Status: 'Enabled', Prefix: 'batches/' }),
          expect.objectContaining({ ExpirationInDays: 1, Status: 'Enabled', Prefix: 'uploads/' }),
          expect.not.objectContaining({ ExpirationInDays: expect.anything() }),
        ],
      },
    });
  });

  test('what is logged is gone when its days are over, and a day later for good', () => {
    const [, reports] =
      on(stage)
        .of<{ readonly LifecycleConfiguration: { readonly Rules: readonly object[] } }>('AWS::S3::Bucket')
        .find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.includes('/Reports/')) ?? [];
    const rules = reports?.Properties.LifecycleConfiguration.Rules ?? [];
    expect(rules.filter((rule) => 'ExpirationInDays' in rule)).toEqual(
      retentionClasses.map((days) => ({
        ExpirationInDays: days,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        Prefix: 'request-logs/',
        Status: 'Enabled',
        TagFilters: [{ Key: 'sluice-retention-days', Value: String(days) }],
      })),
    );
  });

  test('notifications, queues and dead letters are encrypted, and no one reaches them in the clear', () => {
    // The alarms' topic is not: CloudWatch could not publish to it.
    const topics = on(stage).of<{ readonly DisplayName: string }>('AWS::SNS::Topic');
    const topic = topics.filter(([, { Properties }]) => !Properties.DisplayName.endsWith('alarms'));
    const all = on(stage).of('AWS::SQS::Queue');
    expect([topics, topic, all].map((found) => found.length)).toEqual([2, 1, 1 + 2 * queued.length]);
    expect(topic[0]?.[1].Properties).toMatchObject({ KmsMasterKeyId: expect.anything() });
    for (const [, { Properties }] of all) expect(Properties).toMatchObject({ SqsManagedSseEnabled: true });
    expect(refusalsInTheClear(on(stage), 'AWS::SNS::TopicPolicy')).toEqual(topics.map(([id]) => id));
    expect(refusalsInTheClear(on(stage), 'AWS::SQS::QueuePolicy')).toEqual(all.map(([id]) => id));
  });

  test('cdk-nag has looked at it and has found nothing that is not explained', () => {
    expect(on(stage).findings).toContain('"AwsSolutions-IAM5"');
    expect(on(stage).findings).not.toContain('Non-Compliant');
    expect(on(stage).findings).not.toContain('"UNKNOWN"');
  });
});

/** What the policies of a type refuse to callers that do not use TLS. */
const refusalsInTheClear = (stack: Stack, type: string): string[] =>
  stack
    .of<{ PolicyDocument: { Statement: readonly Record<string, unknown>[] } }>(type)
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .filter(({ Effect, Condition }) => {
      const { 'aws:SecureTransport': secure } =
        (Condition as { Bool?: Record<string, string> } | undefined)?.Bool ?? {};
      return Effect === 'Deny' && secure === 'false';
    })
    .map(({ Resource }) => referred(Array.isArray(Resource) ? Resource[0] : Resource));

const kept = (stack: Stack) =>
  Object.values(stack.template.Resources).filter(
    ({ DeletionPolicy, UpdateReplacePolicy }) => DeletionPolicy === 'Retain' || UpdateReplacePolicy === 'Retain',
  );

test('cdk destroy leaves nothing of dev behind', () => {
  expect(kept(dev)).toEqual([]);
  for (const name of tableNames)
    expect(tableCalled(dev, name).Properties).toMatchObject({ DeletionProtectionEnabled: false });
  expect(dev.of('Custom::EmptiedBucket')).toHaveLength(2);
  expect(prod.of('Custom::EmptiedBucket')).toEqual([]);
});

test('every function logs into a group of the stack, the emptiers of buckets too: Lambda would make one that stays', () => {
  for (const [, { Properties }] of dev.of('AWS::Lambda::Function')) {
    expect(Properties).toMatchObject({ LoggingConfig: { LogGroup: expect.anything() } });
  }
});

test('cdk destroy leaves what cannot be made again of prod', () => {
  const types = new Set(kept(prod).map(({ Type }) => Type));
  expect([...types]).toEqual(
    expect.arrayContaining([
      'AWS::DynamoDB::Table',
      'AWS::SecretsManager::Secret',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
    ]),
  );
  expect(kept(prod).filter(({ Type }) => Type === 'AWS::DynamoDB::Table')).toHaveLength(tableNames.length);
  expect(kept(prod).filter(({ Type }) => Type === 'AWS::SecretsManager::Secret')).toHaveLength(3);
  for (const name of tableNames)
    expect(tableCalled(prod, name).Properties).toMatchObject({ DeletionProtectionEnabled: true });
});

describe('secrets', () => {
  type Secret = {
    readonly SecretString?: string;
    readonly GenerateSecretString?: {
      readonly SecretStringTemplate: string;
      readonly GenerateStringKey: string;
      readonly PasswordLength: number;
      readonly ExcludeCharacters: string;
    };
  };
  const secretCalled = (name: string): Secret => {
    const found = dev
      .of<Secret>('AWS::SecretsManager::Secret')
      .find(([, { Metadata }]) => Metadata?.['aws:cdk:path']?.includes(`/Secrets/${name}/`));
    return found?.[1].Properties ?? {};
  };

  test.each([
    ['AdminKey', 'adminKey', 48],
    ['Pepper', '1', 64],
  ])('%s is generated under the key %s, %d letters and digits long', (name, key, length) => {
    expect(secretCalled(name).GenerateSecretString).toMatchObject({
      SecretStringTemplate: '{}',
      GenerateStringKey: key,
      PasswordLength: length,
    });
    const excluded = new Set(secretCalled(name).GenerateSecretString?.ExcludeCharacters);
    const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
    expect(printable.filter((character) => !excluded.has(character)).join('')).toMatch(/^[0-9A-Za-z]{62}$/);
  });

  test("the providers' keys start empty, whatever sluice.json says, so that no deployment writes over them", () => {
    expect(secretCalled('ProviderKeys').SecretString).toBe('{}');
  });
});

test('the outputs say where the API is and which commands come next', () => {
  const { BaseUrl, RootAdminKeyCommand, ProviderKeysCommand, ...others } = dev.template.Outputs;
  expect(Object.keys(others).sort()).toEqual(['AlarmsTopicArn', 'NotificationsTopicArn', 'ReportsBucketName']);
  expect(text(others['NotificationsTopicArn']?.Value)).toMatch(/^<NotificationsTopic\w+>$/);
  expect(text(others['ReportsBucketName']?.Value)).toMatch(/^<ReportsBucket\w+>$/);
  expect(text(BaseUrl?.Value)).toMatch(/^https:\/\/<\w+>\.execute-api\.<AWS::Region>\.<AWS::URLSuffix>\/<\w+>$/);
  expect(text(RootAdminKeyCommand?.Value)).toMatch(
    /^aws secretsmanager get-secret-value --region <AWS::Region> .*<SecretsAdminKey\w+>/,
  );
  expect(text(ProviderKeysCommand?.Value)).toMatch(
    /put-secret-value .*<SecretsProviderKeys\w+> --secret-string '{"OPENAI_API_KEY":"..."}'$/,
  );
});
