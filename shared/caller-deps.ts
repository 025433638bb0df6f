/** The composition root goes on: who is calling, by whichever kind of key, and from an address that may. */
import { dynamoBlockedAddressStore } from './addresses/blocked-address-store.ts';
import { type AuthenticateFrom, guarded } from './addresses/guard.ts';
import { guessPolicy } from './addresses/guesses.ts';
import { dynamoAdminKeyStore } from './admin-keys/admin-key-store.ts';
import { adminKeyAuthenticator } from './admin-keys/authenticator.ts';
import type { Live } from './deps.ts';
import { type Authenticate, projectKeyAuthenticator } from './keys/authenticator.ts';
import { dynamoKeyStore } from './keys/key-store.ts';
import { rootKeyAuthenticator, rootKeyRecogniser } from './keys/root-key.ts';
import { dynamoOrganizationStore } from './organization/organization-store.ts';
import { dynamoProjectStore } from './projects/project-store.ts';
import type { TableName } from './tables.ts';

/** The name of a table, or a complaint that the function has not got it. */
export type TableOf = (root: Live, name: TableName) => string;

/** One kind of key after the other: a key of the wrong kind is recognised, to be told so. */
const anyOf =
  (...kinds: readonly Authenticate[]): Authenticate =>
  async (token) => {
    for (const authenticate of kinds) {
      const caller = await authenticate(token);
      if (caller) return caller;
    }
    return null;
  };

function portsOf(root: Live, tableOf: TableOf) {
  const { env, db, secrets, log, now } = root;
  const { stage } = env;
  const keys = dynamoKeyStore(db, tableOf(root, 'keys'));
  const projects = dynamoProjectStore(db, tableOf(root, 'projects'));
  const organization = dynamoOrganizationStore(db, tableOf(root, 'projects'));
  const adminKeys = dynamoAdminKeyStore(db, tableOf(root, 'adminKeys'));
  const blocked = dynamoBlockedAddressStore(db, tableOf(root, 'blockedAddresses'));
  return { stage, keys, projects, organization, adminKeys, blocked, secrets, log, now, policy: guessPolicy };
}

export function projectCallers(root: Live, tableOf: TableOf): AuthenticateFrom {
  const ports = portsOf(root, tableOf);
  const authenticate = anyOf(
    projectKeyAuthenticator({ ...ports, noteUse: true }),
    adminKeyAuthenticator({ ...ports, noteUse: false }),
    rootKeyRecogniser(ports),
  );
  return guarded({ ...ports, authenticate });
}

export function adminCallers(root: Live, tableOf: TableOf, mayWriteKeys: boolean): AuthenticateFrom {
  const ports = portsOf(root, tableOf);
  const authenticate = anyOf(
    rootKeyAuthenticator({ ...ports, keys: mayWriteKeys ? ports.keys : null }),
    adminKeyAuthenticator({ ...ports, noteUse: true }),
    projectKeyAuthenticator({ ...ports, noteUse: false }),
  );
  return guarded({ ...ports, authenticate });
}
