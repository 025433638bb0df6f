/** The composition root goes on: projects, their keys and their limits; admin keys and the audit log; accounts. */
import { setTimeout } from 'node:timers/promises';
import { type AdminKeyStore, dynamoAdminKeyStore } from './admin-keys/admin-key-store.ts';
import { type AuditLogStore, dynamoAuditLogStore } from './audit-logs/audit-log-store.ts';
import { type Catalogue, createCatalogue } from './catalogue/catalogue.ts';
import { targetCircuit } from './circuits/circuit-name.ts';
import type { CircuitStore } from './circuits/circuit-store.ts';
import type { ResetDeps } from './circuits/reset-circuit.ts';
import type { ContextWishes } from './context/project-context.ts';
import { type AdminDeps, adminGateway, admissionStore, circuitStore, type Live, readCatalogue, table } from './deps.ts';
import { randomIndex, randomSecret } from './ids.ts';
import { dynamoKeyPolicyStore, type KeyPolicyStore } from './keys/key-policy-store.ts';
import { dynamoKeyStore, type KeyStore } from './keys/key-store.ts';
import type { BookDeps } from './limits/book-spent.ts';
import type { ProjectPolicy } from './limits/limits.ts';
import { countedSpend, type Spend } from './limits/spend.ts';
import { dynamoOrganizationStore, type OrganizationStore } from './organization/organization-store.ts';
import type { RerateDeps } from './rerating/rerate.ts';
import { dynamoReratingStore } from './rerating/rerating-store.ts';
import type { CircuitSettings } from './resilience/settings.ts';
import { dynamoRunStore, type RunStore } from './runs/run-store.ts';
import type { SafetyWishes } from './safety/policy.ts';
import { dynamoServiceAccountStore, type ServiceAccountStore } from './service-accounts/service-account-store.ts';
import { dynamoSpendAlertStore, type SpendAlertStore } from './spend-alerts/spend-alert-store.ts';
import { dynamoUsageStore } from './usage/usage-store.ts';
import { dynamoViolationStore, type ViolationStore } from './violations/violation-store.ts';

/** What a new project starts with. */
export type ProjectDefaults = Pick<ProjectPolicy, 'limits' | 'concurrentStreams'>;

export type ProjectsDeps = AdminDeps & { readonly defaults: ProjectDefaults; readonly newSecret: () => string };

export function projectsDeps(root: Live): ProjectsDeps {
  const { concurrentStreams = null, ...limits } = readCatalogue(root.env).defaults.limits;
  return { ...adminGateway(root), defaults: { limits, concurrentStreams }, newSecret: randomSecret };
}

export const modelPermissionsDeps = (root: Live): AdminDeps => adminGateway(root);

export type ResiliencePolicyDeps = AdminDeps & { readonly newSecret: () => string };

export const resiliencePolicyDeps = (root: Live): ResiliencePolicyDeps => ({
  ...adminGateway(root),
  newSecret: randomSecret,
});

export type SafetyPolicyDeps = ResiliencePolicyDeps & {
  readonly defaults: SafetyWishes;
  readonly catalogue: Catalogue;
};

export function safetyPolicyDeps(root: Live): SafetyPolicyDeps {
  const config = readCatalogue(root.env);
  return { ...resiliencePolicyDeps(root), defaults: config.defaults.safety, catalogue: createCatalogue(config) };
}

export type ContextPolicyDeps = AdminDeps & { readonly defaults: ContextWishes; readonly catalogue: Catalogue };

export function contextPolicyDeps(root: Live): ContextPolicyDeps {
  const config = readCatalogue(root.env);
  return { ...adminGateway(root), defaults: config.defaults.context, catalogue: createCatalogue(config) };
}

export type ViolationsDeps = AdminDeps & { readonly violations: ViolationStore };

export const violationsDeps = (root: Live): ViolationsDeps => ({
  ...adminGateway(root),
  violations: dynamoViolationStore(root.db, table(root, 'violations')),
});

export type RunsDeps = AdminDeps & { readonly runs: RunStore };

export const runsDeps = (root: Live): RunsDeps => ({
  ...adminGateway(root),
  runs: dynamoRunStore(root.db, table(root, 'runs')),
});

export type AccountsDeps = AdminDeps & {
  readonly accounts: ServiceAccountStore;
  readonly keys: KeyStore;
  readonly keyPolicies: KeyPolicyStore;
};

export function accountsDeps(root: Live): AccountsDeps {
  const tables = {
    accounts: table(root, 'serviceAccounts'),
    keys: table(root, 'keys'),
    projects: table(root, 'projects'),
  };
  return {
    ...adminGateway(root, true),
    accounts: dynamoServiceAccountStore(root.db, tables),
    keys: dynamoKeyStore(root.db, tables.keys),
    keyPolicies: dynamoKeyPolicyStore(root.db, tables),
  };
}

export type RateLimitsDeps = AdminDeps & { readonly catalogue: Catalogue };

export function rateLimitsDeps(root: Live): RateLimitsDeps {
  return { ...adminGateway(root), catalogue: createCatalogue(readCatalogue(root.env)) };
}

export type SpendLimitsDeps = AdminDeps &
  Pick<BookDeps, 'counters'> & { readonly organization: OrganizationStore; readonly spend: Spend };

export function spendLimitsDeps(root: Live): SpendLimitsDeps {
  const admin = adminGateway(root);
  const counters = admissionStore(root);
  return {
    ...admin,
    organization: dynamoOrganizationStore(root.db, table(root, 'projects')),
    counters,
    spend: countedSpend({ store: counters, projects: admin.projects, now: root.now }),
  };
}

export type SpendAlertsDeps = AdminDeps & { readonly alerts: SpendAlertStore };

export function spendAlertsDeps(root: Live): SpendAlertsDeps {
  return { ...adminGateway(root), alerts: dynamoSpendAlertStore(root.db, table(root, 'spendAlerts')) };
}

export type AdminKeysDeps = AdminDeps & { readonly adminKeys: AdminKeyStore };

export function adminKeysDeps(root: Live): AdminKeysDeps {
  return { ...adminGateway(root), adminKeys: dynamoAdminKeyStore(root.db, table(root, 'adminKeys')) };
}

export type AuditLogsDeps = AdminDeps & { readonly auditLogs: AuditLogStore };

export function auditLogsDeps(root: Live): AuditLogsDeps {
  return { ...adminGateway(root), auditLogs: dynamoAuditLogStore(root.db, table(root, 'auditLogs')) };
}

export type RerateUsageDeps = AdminDeps & RerateDeps;

export function rerateUsageDeps(root: Live): RerateUsageDeps {
  return {
    ...adminGateway(root),
    usage: dynamoUsageStore(root.db, table(root, 'usage')),
    catalogue: createCatalogue(readCatalogue(root.env)),
    ratings: dynamoReratingStore(root.db, { usage: table(root, 'usage'), admission: table(root, 'admission') }),
    pause: (ms) => setTimeout(ms),
    pick: randomIndex,
  };
}

export type CircuitsDeps = AdminDeps &
  ResetDeps & { readonly circuits: CircuitStore; readonly settings: CircuitSettings };

export function circuitsDeps(root: Live): CircuitsDeps {
  const { models, resilience } = readCatalogue(root.env);
  return {
    ...adminGateway(root),
    circuits: circuitStore(root),
    settings: resilience.circuit,
    configured: Object.values(models).flatMap(({ targets }) => targets.map(targetCircuit)),
    now: root.now,
  };
}
