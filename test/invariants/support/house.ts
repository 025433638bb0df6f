/** Admission, ledger and sweep on the real tables, without a gateway around them: what the processes of these tests run. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Admitted, createAdmission } from '../../../shared/admission/admission.ts';
import { dynamoAdmissionStore } from '../../../shared/admission/admission-store.ts';
import type { Asked } from '../../../shared/admission/decide.ts';
import type { Held } from '../../../shared/admission/meters.ts';
import type { Taken } from '../../../shared/admission/settle.ts';
import { documentClient, sendingOnce } from '../../../shared/dynamo/client.ts';
import { GatewayError } from '../../../shared/errors.ts';
import { sortableId } from '../../../shared/ids.ts';
import {
  type KeyPolicy,
  keyPolicySchema,
  type ProjectPolicy,
  projectPolicySchema,
} from '../../../shared/limits/limits.ts';
import type { Log } from '../../../shared/observability/log.ts';
import { type SweepResult, sweep } from '../../../shared/sweep/sweep.ts';
import type { OpenAttempt, Settlement } from '../../../shared/usage/attempt.ts';
import { dynamoUsageStore } from '../../../shared/usage/usage-store.ts';

export type Clients = { readonly db: DynamoDBDocumentClient; readonly onceDb: DynamoDBDocumentClient };
export type Names = { readonly admission: string; readonly usage: string };

export function clientsOf(endpoint: string): Clients {
  const aws = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    dynamodbEndpoint: endpoint,
  };
  const db = documentClient(aws);
  return { db, onceDb: sendingOnce(aws, db) };
}

export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

export type HouseOptions = {
  readonly clients: Clients;
  readonly names: Names;
  readonly now: () => number;
  readonly log?: Log;
  readonly pick?: (count: number) => number;
};

export type CallUnderWay = Admitted & { readonly row: OpenAttempt & { readonly hold: Admitted['hold'] } };
export type House = ReturnType<typeof houseOf>;

/** As the gateway's own defaults have it. */
export const settings = { ageSeconds: 960, epochSeconds: 600 };

/** A micro-dollar a token, in and out: a call costs what it takes. */
export const price = { input: 1_000_000, output: 1_000_000 };

export const asking = (inputTokens: number, max: number | null, changes: Partial<Asked> = {}): Asked => ({
  inputTokens,
  output: max === null ? null : { max, stated: true, choices: 1, predicted: 0 },
  prices: [price],
  stream: false,
  ...changes,
});

export type Limited = {
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly policy?: Partial<ProjectPolicy>;
  readonly keyPolicy?: Partial<KeyPolicy>;
  readonly organizationMicroUsd?: number;
};

export const heldTo = ({ projectId, apiKeyId = 'key_a', policy, keyPolicy, organizationMicroUsd }: Limited): Held => ({
  projectId,
  apiKeyId,
  policy: projectPolicySchema.parse(policy ?? {}),
  keyPolicy: keyPolicySchema.parse(keyPolicy ?? {}),
  organization: { spendLimitMicroUsd: organizationMicroUsd ?? null },
});

export const settlementOf = (costMicroUsd: number, tokens: number, outcome: Settlement['outcome'] = 'succeeded') => ({
  outcome,
  inputTokens: tokens,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  estimated: false,
  costMicroUsd,
  firstByteMs: 1,
  latencyMs: 1,
  settledBy: 'gateway' as const,
});

export function houseOf({
  clients,
  names,
  now,
  log = silent,
  pick = (count) => Math.floor(Math.random() * count),
}: HouseOptions) {
  const store = dynamoAdmissionStore(clients.db, clients.onceDb, names.admission);
  const usage = dynamoUsageStore(clients.db, names.usage);
  const admission = createAdmission({ store, log, now, pick, epochSeconds: settings.epochSeconds });

  return {
    store,
    usage,
    admission,

    /** Throws the refusal. */
    async begin(held: Held, asked: Asked, model = 'model'): Promise<CallUnderWay> {
      const row: OpenAttempt = {
        id: sortableId('att_', now()),
        projectId: held.projectId,
        requestId: 'request',
        ordinal: 1,
        kind: 'completions',
        apiKeyId: held.apiKeyId,
        serviceAccountId: 'svc_a',
        model,
        provider: 'provider',
        upstreamModel: model,
        streamed: asked.stream,
        startedAtMs: now(),
        inputBytes: asked.inputTokens,
        price,
        priceVersion: 'v1',
      };
      const admitted = await admission.admit(held, model, asked, {
        startedAtMs: row.startedAtMs,
        write: (hold) => usage.open({ ...row, hold }),
        takeBack: () => usage.takeBack(row),
      });
      return { ...admitted, row: { ...row, hold: admitted.hold } };
    },

    /** As shared/inference/attempts.ts ends an attempt. */
    async end({ row }: CallUnderWay, taken: Taken): Promise<void> {
      if ((await usage.settle(row, settlementOf(taken.microUsd, taken.tokens))) === 'sweep') return;
      await admission.settle(row.projectId, row, row.hold, taken);
    },

    /** As if that much time had passed. */
    sweepAt: (nowMs: number): Promise<SweepResult> =>
      sweep({ store, usage, organization: unlimited, settings, log, now: () => nowMs }, () => false),
  };
}

/** No limit for the organization, as far as the sweep is told. */
export const unlimited = { get: async () => ({ spendLimitMicroUsd: null }) };

/** Long enough after for every epoch of now to be due. */
export const muchLater = (nowMs: number): number => nowMs + 2 * (settings.ageSeconds + settings.epochSeconds) * 1000;

const refusals: readonly string[] = ['rate_limit_exceeded', 'token_limit_exceeded', 'insufficient_quota'];

/** Null when it was refused by a limit. */
export const unlessRefused = async <Result>(work: Promise<Result>): Promise<Result | null> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GatewayError && refusals.includes(error.why)) return null;
    throw error;
  }
};
