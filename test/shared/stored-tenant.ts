/** A project with a service account and a key, stored as the control plane stores them. */

import { sortableId } from '../../shared/ids.ts';
import type { StoredApiKey } from '../../shared/keys/api-key.ts';
import type { Peppers } from '../../shared/keys/digest.ts';
import { dynamoKeyPolicyStore, type KeyPolicyStore } from '../../shared/keys/key-policy-store.ts';
import { dynamoKeyStore, type KeyStore } from '../../shared/keys/key-store.ts';
import { type KeyWishes, newApiKey } from '../../shared/keys/new-api-key.ts';
import { dynamoOrganizationStore, type OrganizationStore } from '../../shared/organization/organization-store.ts';
import { type Project, projectSchema } from '../../shared/projects/project.ts';
import { dynamoProjectStore, type ProjectStore } from '../../shared/projects/project-store.ts';
import type { ServiceAccount } from '../../shared/service-accounts/service-account.ts';
import {
  dynamoServiceAccountStore,
  type ServiceAccountStore,
} from '../../shared/service-accounts/service-account-store.ts';
import type { TestDatabase } from '../support/database.ts';

export const nowMs = Date.parse('2026-11-22T10:00:00Z');
export const nowSeconds = nowMs / 1000;
export const peppers: Peppers = { '1': 'a pepper for nothing but the tests, 1' };
export const stage = 'test';

export type Stores = {
  readonly keys: KeyStore;
  readonly keyPolicies: KeyPolicyStore;
  readonly projects: ProjectStore;
  readonly accounts: ServiceAccountStore;
  readonly organization: OrganizationStore;
};

export const storesOn = ({ db, names }: TestDatabase): Stores => ({
  keys: dynamoKeyStore(db, names.keys),
  keyPolicies: dynamoKeyPolicyStore(db, names),
  projects: dynamoProjectStore(db, names.projects),
  accounts: dynamoServiceAccountStore(db, {
    accounts: names.serviceAccounts,
    keys: names.keys,
    projects: names.projects,
  }),
  organization: dynamoOrganizationStore(db, names.projects),
});

export const newProject = (name = 'project'): Project =>
  projectSchema.parse({ id: sortableId('proj_', nowMs), name, createdAt: nowSeconds, archivedAt: null });

export const newAccount = (projectId: string, name = 'account'): ServiceAccount => ({
  projectId,
  id: sortableId('svc_acct_', nowMs),
  name,
  role: 'member',
  createdAt: nowSeconds,
});

export const keyOf = (account: ServiceAccount, wishes: KeyWishes = {}) =>
  newApiKey(account, wishes, { stage, peppers, nowMs });

export type StoredTenant = {
  readonly project: Project;
  readonly account: ServiceAccount;
  readonly key: StoredApiKey;
  readonly token: string;
};

export async function storedTenant({ projects, accounts }: Stores, wishes: KeyWishes = {}): Promise<StoredTenant> {
  const project = newProject();
  await projects.create(project);
  const account = newAccount(project.id);
  const { record, value } = keyOf(account, wishes);
  const created = await accounts.create(account, record);
  if (created !== 'created') throw new Error(created);
  return { project, account, key: record, token: value };
}
