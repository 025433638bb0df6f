/**
 * The composition root: the only place that knows the clock, the environment and
 * which adapter stands behind which port. One factory per need, so that a
 * function's bundle holds only what its route uses.
 */
import { readFileSync } from 'node:fs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type AdmissionDeps, createAdmission } from './admission/admission.ts';
import { type AdmissionStore, dynamoAdmissionStore } from './admission/admission-store.ts';
import { watchedStore } from './admission/watched-store.ts';
import { dynamoAuditLogStore } from './audit-logs/audit-log-store.ts';
import type { BodyStore } from './bodies/body-store.ts';
import { folderBodies } from './bodies/folder-bodies.ts';
import { s3Bodies } from './bodies/s3-bodies.ts';
import { withCachePlan } from './cache/plan.ts';
import { cachingOf } from './cache-deps.ts';
import { adminCallers, projectCallers } from './caller-deps.ts';
import { atBatchPrices } from './catalogue/batch-price.ts';
import { type Catalogue, createCatalogue } from './catalogue/catalogue.ts';
import { type ResolvedConfig, resolvedConfigSchema, type SweepSettings } from './catalogue/resolved-config.ts';
import { type CircuitStore, dynamoCircuitStore } from './circuits/circuit-store.ts';
import type { Circuits } from './circuits/circuits.ts';
import { sharedCircuits } from './circuits/shared-circuits.ts';
import { documentClient, sendingOnce } from './dynamo/client.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { dynamoIdempotencyStore } from './idempotency/idempotency-store.ts';
import { randomIndex, randomShare, sortableId } from './ids.ts';
import { type AdmitCall, createAdmitCall } from './inference/admit-call.ts';
import type { AnswerDeps } from './inference/answer.ts';
import type { InferenceDeps } from './inference/attempts.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { powertoolsDebugLog, powertoolsLog } from './observability/log.ts';
import { type CountEvent, powertoolsEvents, powertoolsMetrics } from './observability/metrics.ts';
import { observingOf } from './observing-deps.ts';
import { every, type Waits, waits } from './pause.ts';
import { dynamoProjectStore, type ProjectStore } from './projects/project-store.ts';
import { createProviders } from './providers/registry.ts';
import { repetitionsOf } from './repetition-deps.ts';
import { requestLoggerOf } from './request-logger-deps.ts';
import type { CircuitSettings } from './resilience/settings.ts';
import { createRetryBudget } from './routing/retry-budget.ts';
import type { RunSettings } from './runs/settings.ts';
import { type Guardrails, guardrailsOf } from './safety-deps.ts';
import { environmentSecrets } from './secrets/environment-secrets.ts';
import type { Secrets } from './secrets/secrets.ts';
import { secretsManagerSecrets } from './secrets/secrets-manager.ts';
import { type TableName, tableVariable } from './tables.ts';
import { dynamoUsageStore, type UsageStore } from './usage/usage-store.ts';

/** What every function starts from. Nothing here has done any I/O yet; tests hand in a clock and a log of their own. */
export type Live = Waits &
  ReturnType<typeof observed> & {
    readonly env: Environment;
    readonly db: DynamoDBDocumentClient;
    /** Sends every request once, for writes that must not be applied twice. */
    readonly onceDb: DynamoDBDocumentClient;
    readonly secrets: Secrets;
    readonly countEvent: CountEvent;
    /** In [0, 1). */
    readonly random: () => number;
  };

export function live(variables: NodeJS.ProcessEnv): Live {
  const env = readEnvironment(variables);
  const db = documentClient(env.aws);
  return {
    ...observed(),
    env,
    db,
    onceDb: sendingOnce(env.aws, db),
    countEvent: powertoolsEvents(),
    random: randomShare,
    ...waits,
    secrets: Object.keys(env.secretIds).length > 0 ? secretsManagerSecrets(env) : environmentSecrets(env),
  };
}

const observed = () => ({
  log: powertoolsLog(),
  logDebug: powertoolsDebugLog(),
  // Since the process began: functions are wired when they are loaded.
  emitMetrics: powertoolsMetrics(performance.now()),
  now: () => Date.now(),
});

export const idsFrom =
  (now: () => number) =>
  (prefix: string): string =>
    sortableId(prefix, now());

export const table = ({ env }: Live, name: TableName): string => {
  const found = env.tables[name];
  if (!found) throw new Error(`${tableVariable(name)} is not set. Does the route list the table in infra/routes.ts?`);
  return found;
};

/** For routes that say `bodies`. */
export function bodiesOf({ env }: Live): BodyStore {
  const { bucket, folder } = env.bodies;
  if (bucket) return s3Bodies(env.aws, bucket);
  if (folder) return folderBodies(folder);
  throw new Error('BODIES_BUCKET is not set. Does the route say `bodies` in infra/routes.ts?');
}

/** For routes that need no key: health, the OpenAPI document. */
export const publicDeps = (
  { log, emitMetrics, now }: Pick<Live, 'log' | 'emitMetrics' | 'now'> = observed(),
): GatewayDeps => ({ log, emitMetrics, now, authenticate: async () => null });

/** For routes that a project's key calls. */
export function projectGateway(root: Live): GatewayDeps {
  const { log, emitMetrics, now } = root;
  return { log, emitMetrics, now, observing: observingOf(root), authenticate: projectCallers(root, table) };
}

export const readCatalogue = ({ resolvedConfigFile }: Environment) =>
  resolvedConfigSchema.parse(JSON.parse(readFileSync(resolvedConfigFile, 'utf8')));

export type ModelsDeps = GatewayDeps & { readonly catalogue: Catalogue };

export function modelsDeps(root: Live): ModelsDeps {
  return { ...projectGateway(root), catalogue: createCatalogue(readCatalogue(root.env)) };
}

export type KeyDeps = GatewayDeps & { readonly counters: AdmissionStore };

export const keyDeps = (root: Live): KeyDeps => ({ ...projectGateway(root), counters: admissionStore(root) });

export const circuitStore = (root: Live): CircuitStore =>
  dynamoCircuitStore(root.db, root.onceDb, table(root, 'circuits'));

export const circuitsOf = (root: Live, settings: CircuitSettings): Circuits =>
  sharedCircuits({ ...root, store: circuitStore(root), settings, every });

export type AskingDeps = Omit<GatewayDeps, 'authenticate'> &
  AnswerDeps &
  Guardrails & {
    readonly admitCall: AdmitCall;
    readonly config: ResolvedConfig;
    readonly runSettings: RunSettings;
  };

/** What asks models, on whoever's behalf. */
export function askingDeps(root: Live, terms: Pick<InferenceDeps, 'batch'> = {}): AskingDeps {
  const config = readCatalogue(root.env);
  const newId = idsFrom(root.now);
  const inference: InferenceDeps = {
    ...terms,
    log: root.log,
    now: root.now,
    catalogue: terms.batch ? atBatchPrices(createCatalogue(config), config.providers) : createCatalogue(config),
    providers: createProviders(config.providers, {
      credentials: root.secrets.providerKey,
      awsCredentials: root.env.aws.credentials,
      now: root.now,
      newId,
    }),
    usage: dynamoUsageStore(root.db, table(root, 'usage')),
    admission: createAdmission(admissionDeps(root, config.sweep)),
    circuits: circuitsOf(root, config.resilience.circuit),
    retryBudget: createRetryBudget(config.resilience.retry),
    resilience: config.resilience,
    caching: cachingOf(root, bodiesOf, config, newId),
    random: root.random,
    pause: root.pause,
    meanwhile: root.meanwhile,
    newId,
  };
  return {
    config,
    emitMetrics: root.emitMetrics,
    observing: observingOf(root),
    ...inference,
    ...guardrailsOf(root, inference, {
      violationsTable: table(root, 'violations'),
      safetyDefaults: config.defaults.safety,
    }),
    admitCall: withCachePlan(createAdmitCall(inference), inference),
    requestLogger: requestLoggerOf(root, bodiesOf, { defaults: config.defaults.requestLog, newId }),
    runSettings: config.runs,
  };
}

export type ModelCallDeps = GatewayDeps & AskingDeps;

export const modelCallDeps = (root: Live): ModelCallDeps => ({
  ...askingDeps(root),
  ...projectGateway(root),
  ...repetitionsOf(root, table, bodiesOf),
});

export const admissionStore = (root: Live): AdmissionStore =>
  watchedStore(dynamoAdmissionStore(root.db, root.onceDb, table(root, 'admission')), () =>
    root.countEvent('BudgetStoreErrors'),
  );

export const admissionDeps = (root: Live, { epochSeconds }: SweepSettings): AdmissionDeps => ({
  store: admissionStore(root),
  log: root.log,
  now: root.now,
  pick: randomIndex,
  epochSeconds,
});

export type AdminDeps = GatewayDeps & {
  readonly stage: string;
  readonly secrets: Secrets;
  readonly projects: ProjectStore;
  readonly newId: (prefix: string) => string;
};

export function adminGateway(root: Live, mayWriteKeys = false): AdminDeps {
  const { secrets, env, log, emitMetrics, now } = root;
  return {
    log,
    emitMetrics,
    now,
    observing: observingOf(root),
    authenticate: adminCallers(root, table, mayWriteKeys),
    stage: env.stage,
    secrets,
    projects: dynamoProjectStore(root.db, table(root, 'projects')),
    newId: idsFrom(now),
    ...mutationsOf(root),
  };
}

/** For functions whose routes change things: the route table gives those the tables. */
function mutationsOf({ env, db, now }: Live): Pick<GatewayDeps, 'mutations'> {
  const { auditLogs, idempotency } = env.tables;
  if (!auditLogs || !idempotency) return {};
  return {
    mutations: {
      auditLogs: dynamoAuditLogStore(db, auditLogs),
      idempotency: dynamoIdempotencyStore(db, idempotency),
      newId: idsFrom(now),
    },
  };
}

export type UsageDeps = AdminDeps & { readonly usage: UsageStore };

export function usageDeps(root: Live): UsageDeps {
  return { ...adminGateway(root), usage: dynamoUsageStore(root.db, table(root, 'usage')) };
}
