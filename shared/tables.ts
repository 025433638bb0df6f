/**
 * The DynamoDB tables as data, read by CDK, by the local host and by the tests.
 * A key's attributes are all strings.
 */
export type TableDefinition = {
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** The attribute (Unix seconds) after which DynamoDB may drop an item: for rubbish only, and days late. */
  readonly expiresAt?: string;
  /**
   * Secondary indexes. They hold only the attributes named, so that a listing cannot leak the rest. One with the table's own
   * partition key is a local one, which is never behind the table.
   */
  readonly indexes?: Readonly<Record<string, IndexDefinition>>;
};

export type IndexDefinition = {
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly attributes: readonly string[];
};

export const tables = {
  /** All projects in one partition: they are few, and a listing must see what was just created. */
  projects: { partitionKey: 'organization', sortKey: 'id' },
  serviceAccounts: { partitionKey: 'projectId', sortKey: 'id' },
  /** API keys by their public id. The index leaves the digest out. */
  keys: {
    partitionKey: 'id',
    indexes: {
      byProject: {
        partitionKey: 'projectId',
        sortKey: 'id',
        attributes: [
          'name',
          'scopes',
          'serviceAccountId',
          'createdAt',
          'expiresAt',
          'lastUsedAt',
          'redactedValue',
          'limits',
          'spendLimitMicroUsd',
        ],
      },
    },
  },
  /** Apart from projects' keys: whatever may write those, the functions that call models among them, can make no admin. */
  adminKeys: { partitionKey: 'organization', sortKey: 'id' },
  /** The ledger: one item per attempt at a provider, by project and day, in order of time. */
  usage: { partitionKey: 'projectDay', sortKey: 'position' },
  /**
   * Counters: what each project (and shard of it) has used of its limits and its
   * money. The index holds those with calls that no sweep has closed yet.
   */
  admission: {
    partitionKey: 'id',
    indexes: { unswept: { partitionKey: 'sweepable', sortKey: 'unsweptSince', attributes: [] } },
  },
  /** Every change of the control plane. All in one partition by month, in order of time. */
  auditLogs: { partitionKey: 'month', sortKey: 'id' },
  /** Answers of mutations by their Idempotency-Key, for a day. */
  idempotency: { partitionKey: 'id', expiresAt: 'expiresAt' },
  /** Answers that may be given again, by project and digest of the request; too large a body is in the bucket. */
  responseCache: { partitionKey: 'id', expiresAt: 'expiresAt' },
  /** What is wrong with providers, as all instances have found out together: in one partition, to be seen in one look. */
  circuits: { partitionKey: 'scope', sortKey: 'name', expiresAt: 'expiresAt' },
  spendAlerts: { partitionKey: 'scope', sortKey: 'id' },
  /** What guardrails found, by project and in order of time, for as long as `shared/violations/violation.ts` says. */
  violations: { partitionKey: 'projectId', sortKey: 'id', expiresAt: 'expiresAt' },
  /** What the gateway runs for models, all in one partition under ids made of their names. */
  tools: { partitionKey: 'organization', sortKey: 'id' },
  /**
   * Conversations, and the threads of responses: one partition each, with its head, its items in order, and for a while the
   * tokens of what was appended. An item is found by its id without delay; `erasures` holds those that end some day.
   */
  conversations: {
    partitionKey: 'conversation',
    sortKey: 'place',
    expiresAt: 'expiresAt',
    indexes: {
      byId: { partitionKey: 'conversation', sortKey: 'id', attributes: [] },
      erasures: { partitionKey: 'erasureShard', sortKey: 'eraseAfter', attributes: [] },
    },
  },
  /** Responses that may be retrieved and continued, by project and id. */
  responses: { partitionKey: 'id', expiresAt: 'expiresAt' },
  /** Requests for which the gateway ran tools: by their id, which an administrator has, and by their project. */
  runs: {
    partitionKey: 'id',
    sortKey: 'projectId',
    expiresAt: 'expiresAt',
    indexes: {
      byProject: {
        partitionKey: 'projectId',
        sortKey: 'id',
        attributes: [
          'apiKeyId',
          'requestId',
          'model',
          'status',
          'createdAt',
          'endedAt',
          'cancelRequestedAt',
          'steps',
          'failure',
        ],
      },
    },
  },
  /** What is to be answered in the background, for as long as it is: by whose key, and the request. */
  backgroundResponses: { partitionKey: 'projectId', sortKey: 'id', expiresAt: 'expiresAt' },
  /** Files by project, in order of time; those that end some day are in the index until the sweep has taken them away. */
  files: {
    partitionKey: 'projectId',
    sortKey: 'id',
    indexes: {
      expiring: {
        partitionKey: 'expiryShard',
        sortKey: 'eraseAfter',
        attributes: ['filename', 'purpose', 'bytes', 'createdAt', 'expiresAt', 'objectKey'],
      },
    },
  },
  /** Uploads by project, each with its parts behind it. */
  uploads: { partitionKey: 'projectId', sortKey: 'id', expiresAt: 'removeAfter' },
  /**
   * Batches, by project and in the order of their creation, and the lanes that go through them. Those that have not ended are in
   * the indexes: a project's without delay, and all of them for the sweep.
   */
  batches: {
    partitionKey: 'projectId',
    sortKey: 'id',
    indexes: {
      unfinished: {
        partitionKey: 'projectId',
        sortKey: 'unfinished',
        attributes: [
          'status',
          'expiresAtMs',
          'notBeforeMs',
          'atWork',
          'returned',
          'nextChunk',
          'chunks',
          'apiKeyId',
          'inputFileId',
          'endpoint',
          'createdAtMs',
        ],
      },
      sweepable: { partitionKey: 'sweepable', sortKey: 'unfinished', attributes: [] },
    },
  },
  /** Each batch's stretches of lines, and the answers to lines until they stand in a file. */
  batchLines: { partitionKey: 'batch', sortKey: 'place', expiresAt: 'expiresAt' },
  /** Addresses that have guessed at keys, until they may try again. */
  blockedAddresses: { partitionKey: 'id', expiresAt: 'expiresAt' },
} as const satisfies Record<string, TableDefinition>;

/** On one machine alone, in the place of SQS. */
export const localQueueTable: TableDefinition = { partitionKey: 'queue', sortKey: 'id' };

/** In the partitions of its table, and with its consistency. */
export const isLocal = (index: IndexDefinition, table: TableDefinition): boolean =>
  index.partitionKey === table.partitionKey && table.sortKey !== undefined;

export type TableName = keyof typeof tables;

export const tableNames = Object.keys(tables) as readonly TableName[];

/** `serviceAccounts` -> `SERVICE_ACCOUNTS_TABLE`, the variable that tells a function where its table is. */
export const tableVariable = (table: TableName): string =>
  `${table.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}_TABLE`;
