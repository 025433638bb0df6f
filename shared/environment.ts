/** The environment of a function, parsed once and as a whole. */
import * as z from 'zod/mini';
import { deadLettersVariable, type QueueName, queueNames, queueVariable } from './queues/queue.ts';
import { type TableName, tableNames, tableVariable } from './tables.ts';

const environmentSchema = z.object({
  /** Part of every key, so that one of another stage is refused by its looks. */
  SLUICE_STAGE: z._default(z.string().check(z.regex(/^[a-z0-9-]{1,24}$/)), 'local'),
  /** The file that `infra/build/resolve-config.ts` has written. */
  SLUICE_RESOLVED_CONFIG: z.string(),
  RESPONSE_MODE: z._default(z.enum(['stream', 'buffered']), 'stream'),
  /** Set by Lambda, and by nobody else. */
  AWS_LAMBDA_FUNCTION_NAME: z.optional(z.string()),
  AWS_REGION: z._default(z.string(), 'us-east-1'),
  AWS_ACCESS_KEY_ID: z.string(),
  AWS_SECRET_ACCESS_KEY: z.string(),
  AWS_SESSION_TOKEN: z.optional(z.string()),
  /** Set by Lambda where X-Ray traces the function. */
  AWS_XRAY_DAEMON_ADDRESS: z.optional(z.string()),
  /** Of all requests, those that are written down decision by decision. */
  SLUICE_LOG_DEBUG_SHARE: z._default(z.string().check(z.regex(/^(?:0|1|1\.0{1,6}|0?\.\d{1,6})$/)), '0'),
  /** Any other DynamoDB than the region's own. */
  DYNAMODB_ENDPOINT: z.optional(z.string()),
  /** On AWS, where the secrets are; on one machine, the secrets themselves. */
  ADMIN_KEY_SECRET: z.optional(z.string()),
  PEPPER_SECRET: z.optional(z.string()),
  PROVIDER_KEYS_SECRET: z.optional(z.string()),
  SLUICE_ADMIN_KEY: z.optional(z.string().check(z.minLength(32, 'must have at least 32 characters'))),
  SLUICE_PEPPERS: z.optional(z.string()),
  /** On AWS the topic and the bucket; on one machine a file and a folder. */
  NOTIFICATIONS_TOPIC: z.optional(z.string()),
  NOTIFICATIONS_FILE: z.optional(z.string()),
  REPORTS_BUCKET: z.optional(z.string()),
  REPORTS_FOLDER: z.optional(z.string()),
  REQUEST_LOG_BUCKET: z.optional(z.string()),
  REQUEST_LOG_FOLDER: z.optional(z.string()),
  /** What content is kept under: on AWS the ARN of a KMS key of the customer's, on one machine a secret. */
  REQUEST_LOG_KEY_ARN: z.optional(z.string()),
  REQUEST_LOG_SECRET: z.optional(z.string()),
  BODIES_BUCKET: z.optional(z.string()),
  BODIES_FOLDER: z.optional(z.string()),
  /** On one machine alone: where it takes the parts of uploads, and what it signs those addresses with. */
  LOCAL_UPLOADS_URL: z.optional(z.url()),
  LOCAL_UPLOADS_SECRET: z.optional(z.string().check(z.minLength(32))),
  /** On one machine alone: tools that are functions of this folder, and webhooks on the machine itself where it is `1`. */
  LOCAL_TOOLS_FOLDER: z.optional(z.string()),
  SLUICE_TOOLS_ALLOW_LOOPBACK: z.optional(z.string()),
  /** On one machine, where its queues are. On AWS each has a variable of its own. */
  QUEUE_TABLE: z.optional(z.string()),
});

export type AwsEnvironment = {
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly dynamodbEndpoint: string | undefined;
};

export type RequestLogPlace = {
  readonly bucket: string | undefined;
  readonly folder: string | undefined;
  readonly kmsKeyArn: string | undefined;
  readonly secret: string | undefined;
  readonly hasContentKey: boolean;
};

export type Environment = {
  readonly stage: string;
  readonly resolvedConfigFile: string;
  readonly responseMode: 'stream' | 'buffered';
  /** Lambda never tells that a caller has left; one machine does. */
  readonly hearsOfCallers: boolean;
  readonly aws: AwsEnvironment;
  readonly xrayDaemon: string | undefined;
  /** In [0, 1]. */
  readonly logDebugShare: number;
  readonly tables: Readonly<Partial<Record<TableName, string>>>;
  readonly secretIds: { readonly adminKey?: string; readonly pepper?: string; readonly providerKeys?: string };
  readonly adminKey: string | undefined;
  readonly peppers: string | undefined;
  readonly notifications: { readonly topicArn: string | undefined; readonly file: string | undefined };
  readonly reports: { readonly bucket: string | undefined; readonly folder: string | undefined };
  readonly requestLog: RequestLogPlace;
  readonly bodies: { readonly bucket: string | undefined; readonly folder: string | undefined };
  readonly localUploads: { readonly url: string | undefined; readonly secret: string | undefined };
  readonly queues: {
    readonly urls: QueueUrls<QueueName>;
    readonly deadLetters: QueueUrls<QueueName | 'schedules'>;
    readonly table: string | undefined;
  };
  readonly tools: { readonly folder: string | undefined; readonly allowsLoopback: boolean };
  /** A variable by its name: the keys of providers, whose names the configuration chooses. */
  readonly variable: (name: string) => string | undefined;
};

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, code }) => `${path.join('.')} (${code})`);
    throw new Error(`The environment is wrong or incomplete: ${wrong.join(', ')}. The stack, or npm start, sets it.`);
  }
  const env = parsed.data;
  return {
    stage: env.SLUICE_STAGE,
    resolvedConfigFile: env.SLUICE_RESOLVED_CONFIG,
    responseMode: env.RESPONSE_MODE,
    hearsOfCallers: env.AWS_LAMBDA_FUNCTION_NAME === undefined,
    aws: {
      region: env.AWS_REGION,
      credentials: {
        accessKeyId: env.AWS_ACCESS_KEY_ID,
        secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
        ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
      },
      dynamodbEndpoint: env.DYNAMODB_ENDPOINT,
    },
    xrayDaemon: env.AWS_XRAY_DAEMON_ADDRESS,
    logDebugShare: Number(env.SLUICE_LOG_DEBUG_SHARE),
    tables: Object.fromEntries(
      tableNames.flatMap((name) => {
        const table = variables[tableVariable(name)];
        return table ? [[name, table]] : [];
      }),
    ),
    secretIds: {
      ...(env.ADMIN_KEY_SECRET && { adminKey: env.ADMIN_KEY_SECRET }),
      ...(env.PEPPER_SECRET && { pepper: env.PEPPER_SECRET }),
      ...(env.PROVIDER_KEYS_SECRET && { providerKeys: env.PROVIDER_KEYS_SECRET }),
    },
    adminKey: env.SLUICE_ADMIN_KEY,
    peppers: env.SLUICE_PEPPERS,
    notifications: { topicArn: env.NOTIFICATIONS_TOPIC, file: env.NOTIFICATIONS_FILE },
    reports: { bucket: env.REPORTS_BUCKET, folder: env.REPORTS_FOLDER },
    requestLog: {
      bucket: env.REQUEST_LOG_BUCKET,
      folder: env.REQUEST_LOG_FOLDER,
      kmsKeyArn: env.REQUEST_LOG_KEY_ARN,
      secret: env.REQUEST_LOG_SECRET,
      hasContentKey: env.REQUEST_LOG_KEY_ARN !== undefined || env.REQUEST_LOG_SECRET !== undefined,
    },
    bodies: { bucket: env.BODIES_BUCKET, folder: env.BODIES_FOLDER },
    localUploads: { url: env.LOCAL_UPLOADS_URL, secret: env.LOCAL_UPLOADS_SECRET },
    queues: {
      urls: urlsIn(variables, queueNames, queueVariable),
      deadLetters: urlsIn(variables, [...queueNames, 'schedules'] as const, deadLettersVariable),
      table: env.QUEUE_TABLE,
    },
    tools: localTools(env),
    variable: (name) => variables[name] || undefined,
  };
}

type QueueUrls<Name extends string> = Readonly<Partial<Record<Name, string>>>;

const urlsIn = <Name extends string>(
  variables: NodeJS.ProcessEnv,
  names: readonly Name[],
  variableOf: (name: Name) => string,
): QueueUrls<Name> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const url = variables[variableOf(name)];
      return url ? [[name, url]] : [];
    }),
  ) as QueueUrls<Name>;

/** Whatever the variables say, a function on AWS calls neither itself nor code that was not deployed with it. */
function localTools({
  AWS_LAMBDA_FUNCTION_NAME,
  LOCAL_TOOLS_FOLDER,
  SLUICE_TOOLS_ALLOW_LOOPBACK,
}: z.infer<typeof environmentSchema>): Environment['tools'] {
  if (AWS_LAMBDA_FUNCTION_NAME !== undefined) return { folder: undefined, allowsLoopback: false };
  return { folder: LOCAL_TOOLS_FOLDER || undefined, allowsLoopback: SLUICE_TOOLS_ALLOW_LOOPBACK === '1' };
}
