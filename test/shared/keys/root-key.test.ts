import { digestOf } from '../../../shared/keys/digest.ts';
import { dynamoKeyStore, type KeyStore } from '../../../shared/keys/key-store.ts';
import { rootKeyAuthenticator, rootKeyRecogniser } from '../../../shared/keys/root-key.ts';
import type { Log } from '../../../shared/observability/log.ts';
import type { Secrets } from '../../../shared/secrets/secrets.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { nowMs, peppers } from '../stored-tenant.ts';

let database: TestDatabase;
let keys: KeyStore;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => {
  keys = dynamoKeyStore(database.db, database.names.keys);
});
afterAll(() => database.stop());

const root = 'a root key of any form, long enough to be one';
const secretsWith = (adminKey: string): Secrets => ({
  adminKey: async () => adminKey,
  peppers: async () => peppers,
  providerKey: async () => undefined,
});
const admin = { kind: 'admin', apiKeyId: 'key_root', scopes: [] };

function quiet() {
  const warnings: string[] = [];
  const log: Log = { info: () => {}, warn: (message) => warnings.push(message), error: () => {} };
  return { log, warnings };
}

describe('the control plane', () => {
  test.each(['', 'x', root.slice(0, -1), `${root} `, root.toUpperCase()])('refuses %j', async (token) => {
    const authenticate = rootKeyAuthenticator({ secrets: secretsWith(root), log: quiet().log, keys });
    expect(await authenticate(token)).toBeNull();
  });

  test('takes the root key, and leaves its digest and nothing else for the models’ functions', async () => {
    const authenticate = rootKeyAuthenticator({ secrets: secretsWith(root), log: quiet().log, keys });
    expect(await authenticate(root)).toEqual(admin);
    expect(await keys.findRoot()).toEqual(digestOf(root, peppers));
  });

  test('leaves the digest once per instance, and not at all where it may not write', async () => {
    let written = 0;
    const counting = { rememberRoot: async () => void written++ };
    const authenticate = rootKeyAuthenticator({ secrets: secretsWith(root), log: quiet().log, keys: counting });
    await authenticate('a wrong one');
    expect(written).toBe(0);
    await authenticate(root);
    await authenticate(root);
    expect(written).toBe(1);
    const reading = rootKeyAuthenticator({ secrets: secretsWith(root), log: quiet().log, keys: null });
    expect(await reading(root)).toEqual(admin);
  });

  test('takes the root key also when the digest cannot be left (I12)', async () => {
    const { log, warnings } = quiet();
    const failing = { rememberRoot: async () => Promise.reject(new Error('no table')) };
    const authenticate = rootKeyAuthenticator({ secrets: secretsWith(root), log, keys: failing });
    expect(await authenticate(root)).toEqual(admin);
    expect(warnings).toEqual(['digest of the root key not kept']);
  });
});

describe('the functions that call models', () => {
  const modelPlane = () => {
    const clock = { nowMs };
    let reads = 0;
    const counting = { findRoot: () => keys.findRoot().finally(() => reads++) };
    const recognise = rootKeyRecogniser({
      secrets: secretsWith('unknown here'),
      keys: counting,
      now: () => clock.nowMs,
    });
    return { recognise, clock, reads: () => reads };
  };

  test('recognise the root key by its digest, without holding it', async () => {
    await keys.rememberRoot(digestOf(root, peppers));
    const { recognise } = modelPlane();
    expect(await recognise(root)).toEqual(admin);
    expect(await recognise(`${root}x`)).toBeNull();
  });

  test('know of a new root key within a minute, however many wrong keys they see meanwhile', async () => {
    await keys.rememberRoot(digestOf('the root key of yesterday, which is long', peppers));
    const { recognise, clock } = modelPlane();
    expect(await recognise(root)).toBeNull();
    await keys.rememberRoot(digestOf(root, peppers));
    for (let second = 0; second < 60; second += 10) {
      clock.nowMs = nowMs + second * 1000;
      expect(await recognise('noise')).toBeNull();
    }
    clock.nowMs = nowMs + 60_000;
    expect(await recognise(root)).toEqual(admin);
  });

  test('read the digest once a minute at most', async () => {
    const { recognise, clock, reads } = modelPlane();
    for (let attempt = 0; attempt < 5; attempt++) await recognise('noise');
    expect(reads()).toBe(1);
    clock.nowMs += 60_000;
    await recognise('noise');
    expect(reads()).toBe(2);
  });
});
