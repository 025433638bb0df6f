/**
 * The composition root: the only place that knows the clock, the environment and
 * which adapter stands behind which port. One factory per need, so that a
 * function's bundle holds only what its route uses.
 */
import { readFileSync } from 'node:fs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Catalogue, createCatalogue } from './catalogue/catalogue.ts';
import { resolvedConfigSchema } from './catalogue/resolved-config.ts';
import { documentClient } from './dynamo/client.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { sortableId } from './ids.ts';
import type { InferenceDeps } from './inference/attempts.ts';
import { type Authenticate, projectKeyAuthenticator } from './keys/authenticator.ts';
import { dynamoKeyStore, type KeyStore } from './keys/key-store.ts';
import { rootKeyAuthenticator, rootKeyRecogniser } from './keys/root-key.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { powertoolsLog } from './observability/log.ts';
import { powertoolsMetrics } from './observability/metrics.ts';
import { dynamoProjectStore, type ProjectStore } from './projects/project-store.ts';
import { createProviders } from './providers/registry.ts';
import { environmentSecrets } from './secrets/environment-secrets.ts';
import type { Secrets } from './secrets/secrets.ts';
import { secretsManagerSecrets } from './secrets/secrets-manager.ts';
import { dynamoServiceAccountStore, type ServiceAccountStore } from './service-accounts/service-account-store.ts';
import { type TableName, tableVariable } from './tables.ts';
import { dynamoUsageStore, type UsageStore } from './usage/usage-store.ts';

const now = (): number => Date.now();
const newId = (prefix: string): string => sortableId(prefix, now());

/** What every function starts from. Nothing here does any I/O yet. */
export type Live = {
  readonly env: Environment;
  readonly db: DynamoDBDocumentClient;
  readonly secrets: Secrets;
};

function live(variables: NodeJS.ProcessEnv): Live {
  const env = readEnvironment(variables);
  return {
    env,
    db: documentClient(env.aws),
    secrets: env.secretIds.pepper ? secretsManagerSecrets(env) : environmentSecrets(env),
  };
}

const table = ({ env }: Live, name: TableName): string => {
  const found = env.tables[name];
  if (!found) throw new Error(`${tableVariable(name)} is not set. Does the route list the table in infra/routes.ts?`);
  return found;
};

const observed = () => ({ log: powertoolsLog(), emitMetrics: powertoolsMetrics(), now });

/** For routes that need no key: health, the OpenAPI document. */
export const publicDeps = (): GatewayDeps => ({ ...observed(), authenticate: async () => null });

/** The one kind of key first, then the other: a key of the wrong kind is recognised, to be told so. */
const either =
  (first: Authenticate, second: Authenticate): Authenticate =>
  async (token) =>
    (await first(token)) ?? second(token);

/** For routes that a project's key calls. */
function projectGateway(root: Live): GatewayDeps {
  const common = observed();
  const keys = dynamoKeyStore(root.db, table(root, 'keys'));
  const projects = dynamoProjectStore(root.db, table(root, 'projects'));
  const { secrets } = root;
  return {
    ...common,
    authenticate: either(
      projectKeyAuthenticator({ ...common, secrets, keys, projects, noteUse: true }),
      rootKeyRecogniser({ ...common, secrets, keys }),
    ),
  };
}

export const readCatalogue = ({ resolvedConfigFile }: Environment) =>
  resolvedConfigSchema.parse(JSON.parse(readFileSync(resolvedConfigFile, 'utf8')));

export type ModelsDeps = GatewayDeps & { readonly catalogue: Catalogue };

export function modelsDeps(variables: NodeJS.ProcessEnv): ModelsDeps {
  const root = live(variables);
  return { ...projectGateway(root), catalogue: createCatalogue(readCatalogue(root.env)) };
}

export type ModelCallDeps = GatewayDeps & InferenceDeps;

export function modelCallDeps(variables: NodeJS.ProcessEnv): ModelCallDeps {
  const root = live(variables);
  const config = readCatalogue(root.env);
  return {
    ...projectGateway(root),
    catalogue: createCatalogue(config),
    providers: createProviders(config.providers, { credentials: root.secrets.providerKey, now, newId }),
    usage: dynamoUsageStore(root.db, table(root, 'usage')),
    newId,
  };
}

export const responseMode = (variables: NodeJS.ProcessEnv): Environment['responseMode'] =>
  readEnvironment(variables).responseMode;

export type AdminDeps = GatewayDeps & {
  readonly stage: string;
  readonly secrets: Secrets;
  readonly projects: ProjectStore;
  readonly newId: (prefix: string) => string;
};

function adminGateway(root: Live, mayWriteKeys = false): AdminDeps {
  const common = observed();
  const keys = dynamoKeyStore(root.db, table(root, 'keys'));
  const projects = dynamoProjectStore(root.db, table(root, 'projects'));
  const { secrets, env } = root;
  return {
    ...common,
    authenticate: either(
      rootKeyAuthenticator({ ...common, secrets, keys: mayWriteKeys ? keys : null }),
      projectKeyAuthenticator({ ...common, secrets, keys, projects, noteUse: false }),
    ),
    stage: env.stage,
    secrets,
    projects,
    newId,
  };
}

export const projectsDeps = (variables: NodeJS.ProcessEnv): AdminDeps => adminGateway(live(variables));

export type AccountsDeps = AdminDeps & { readonly accounts: ServiceAccountStore; readonly keys: KeyStore };

export function accountsDeps(variables: NodeJS.ProcessEnv): AccountsDeps {
  const root = live(variables);
  const tables = {
    accounts: table(root, 'serviceAccounts'),
    keys: table(root, 'keys'),
    projects: table(root, 'projects'),
  };
  return {
    ...adminGateway(root, true),
    accounts: dynamoServiceAccountStore(root.db, tables),
    keys: dynamoKeyStore(root.db, tables.keys),
  };
}

export type UsageDeps = AdminDeps & { readonly usage: UsageStore };

export function usageDeps(variables: NodeJS.ProcessEnv): UsageDeps {
  const root = live(variables);
  return { ...adminGateway(root), usage: dynamoUsageStore(root.db, table(root, 'usage')) };
}
