import { crc32 } from 'node:zlib';
import { base62 } from '../../../shared/ids.ts';
import { type AuthenticatorDeps, projectKeyAuthenticator } from '../../../shared/keys/authenticator.ts';
import type { KeyStore } from '../../../shared/keys/key-store.ts';
import { positiveTtlMs } from '../../../shared/keys/remembering.ts';
import type { Facts } from '../../../shared/observability/log.ts';
import type { Secrets } from '../../../shared/secrets/secrets.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import {
  keyOf,
  newAccount,
  newProject,
  nowMs,
  nowSeconds,
  peppers,
  type Stores,
  stage,
  storedTenant,
  storesOn,
} from '../stored-tenant.ts';

let database: TestDatabase;
let stores: Stores;

beforeAll(async () => {
  database = await testDatabase();
  stores = storesOn(database);
});
afterAll(() => database.stop());

const secrets: Secrets = {
  adminKey: async () => 'unused',
  peppers: async () => peppers,
  providerKey: async () => undefined,
};

/** The real stores, with what was asked of them written down. */
function instance(changes: Partial<AuthenticatorDeps> = {}) {
  const clock = { nowMs };
  const asked: string[] = [];
  const warnings: { message: string; facts: Facts | undefined }[] = [];
  const noted = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(target, method) {
        const found: unknown = Reflect.get(target, method);
        if (typeof found !== 'function') return found;
        return (...given: unknown[]) => {
          asked.push(String(method));
          return found.apply(target, given);
        };
      },
    });
  const authenticate = projectKeyAuthenticator({
    stage,
    secrets: noted(secrets),
    keys: noted(stores.keys),
    projects: noted(stores.projects),
    organization: noted(stores.organization),
    log: { info: () => {}, warn: (message, facts) => warnings.push({ message, facts }), error: () => {} },
    now: () => clock.nowMs,
    noteUse: false,
    ...changes,
  });
  return { authenticate, clock, asked, warnings };
}

/** A well-formed key with the same public id. */
function withOtherSecret(token: string): string {
  const unchecked = `${token.slice(0, -38)}${'0'.repeat(32)}`;
  return unchecked + base62(crc32(unchecked), 6);
}

describe('a key that is good', () => {
  test('makes its project the caller, with the scopes that it was given (I5)', async () => {
    const { project, account, key, token } = await storedTenant(stores, { scopes: ['api.model.read'] });
    expect(await instance().authenticate(token)).toEqual({
      kind: 'project',
      projectId: project.id,
      apiKeyId: key.id,
      serviceAccountId: account.id,
      scopes: ['api.model.read'],
      policy: {
        limits: {},
        modelLimits: {},
        concurrentStreams: null,
        spendLimitMicroUsd: null,
        modelPermissions: null,
        shards: 1,
        cacheSecret: null,
        contentSecret: null,
        context: { truncation: null, summaryModel: null },
        requestLog: { mode: null, retentionDays: null, sample: null, include: null },
        resilience: { cache: 'off', cacheTtlSeconds: null, onDisconnect: 'drain', fallbackMessage: null },
        safety: { version: 0, wishes: {} },
      },
      keyPolicy: { limits: {}, spendLimitMicroUsd: null },
      organization: { spendLimitMicroUsd: null },
    });
  });

  test('brings along what its project, itself and the organization are limited to', async () => {
    const project = {
      ...newProject(),
      limits: { requestsPerMinute: 60 },
      modelLimits: { 'test-model': { tokensPerMinute: 5 } },
    };
    await stores.projects.create(project);
    const account = newAccount(project.id);
    const { record, value } = keyOf(account);
    await stores.accounts.create(account, { ...record, limits: { requestsPerDay: 9 }, spendLimitMicroUsd: 7 });
    await stores.organization.setSpendLimit(1_000_000);
    expect(await instance().authenticate(value)).toMatchObject({
      policy: { limits: { requestsPerMinute: 60 }, modelLimits: { 'test-model': { tokensPerMinute: 5 } } },
      keyPolicy: { limits: { requestsPerDay: 9 }, spendLimitMicroUsd: 7 },
      organization: { spendLimitMicroUsd: 1_000_000 },
    });
    await stores.organization.setSpendLimit(null);
  });

  test('is looked up once, and not again while the instance remembers it (I9)', async () => {
    const { token } = await storedTenant(stores);
    const { authenticate, clock, asked } = instance();
    const first = await authenticate(token);
    asked.length = 0;
    clock.nowMs += positiveTtlMs - 1;
    expect(await authenticate(token)).toEqual(first);
    expect(asked).toEqual([]);
    clock.nowMs += 1;
    await authenticate(token);
    expect(asked).toContain('find');
  });
});

describe('a key that is no longer good is refused within 30 seconds on a warm instance (THREATS 1)', () => {
  test('the published bound is 30 seconds', () => {
    expect(positiveTtlMs).toBeLessThanOrEqual(30_000);
  });

  test('when it is deleted', async () => {
    const { key, token } = await storedTenant(stores);
    const { authenticate, clock } = instance();
    expect(await authenticate(token)).not.toBeNull();
    await stores.accounts.removeKey(key);
    clock.nowMs += positiveTtlMs;
    expect(await authenticate(token)).toBeNull();
  });

  test('when its account is deleted', async () => {
    const { project, account, token } = await storedTenant(stores);
    const { authenticate, clock } = instance();
    expect(await authenticate(token)).not.toBeNull();
    await stores.accounts.delete(project.id, account.id);
    clock.nowMs += positiveTtlMs;
    expect(await authenticate(token)).toBeNull();
  });

  test('when its project is archived', async () => {
    const { project, token } = await storedTenant(stores);
    const { authenticate, clock } = instance();
    expect(await authenticate(token)).not.toBeNull();
    await stores.projects.archive(project.id, nowSeconds);
    clock.nowMs += positiveTtlMs;
    expect(await authenticate(token)).toBeNull();
  });

  test('when its scopes are taken away', async () => {
    const { project, key, token } = await storedTenant(stores);
    const { authenticate, clock } = instance();
    await authenticate(token);
    await stores.keys.update(project.id, key.id, { scopes: ['api.model.read'] });
    clock.nowMs += positiveTtlMs;
    expect(await authenticate(token)).toMatchObject({ scopes: ['api.model.read'] });
  });

  test('even when the stores took their time to say that it was good', async () => {
    const { key, token } = await storedTenant(stores);
    const clock = { nowMs };
    const slow: KeyStore = {
      ...stores.keys,
      async find(id) {
        const found = await stores.keys.find(id);
        clock.nowMs += 5_000;
        return found;
      },
    };
    const { authenticate } = instance({ keys: slow, now: () => clock.nowMs });
    expect(await authenticate(token)).not.toBeNull();
    await stores.accounts.removeKey(key);
    clock.nowMs = nowMs + positiveTtlMs;
    expect(await authenticate(token)).toBeNull();
  });
});

describe('an expiring key', () => {
  test.each([
    ['a second before', 9_000, true],
    ['a millisecond before', 9_999, true],
    ['at its second', 10_000, false],
    ['later', 20_000, false],
  ])('%s, on an instance that has not seen it', async (_, afterMs, good) => {
    const { token } = await storedTenant(stores, { expires_in_seconds: 10 });
    const { authenticate, clock } = instance();
    clock.nowMs += afterMs;
    expect((await authenticate(token)) !== null).toBe(good);
  });

  test('ends at its second also where it is remembered, without another look', async () => {
    const { token } = await storedTenant(stores, { expires_in_seconds: 10 });
    const { authenticate, clock, asked } = instance();
    expect(await authenticate(token)).not.toBeNull();
    asked.length = 0;
    clock.nowMs += 9_999;
    expect(await authenticate(token)).not.toBeNull();
    clock.nowMs += 1;
    expect(await authenticate(token)).toBeNull();
    expect(asked).toEqual([]);
  });
});

describe('a token that is no key', () => {
  test('costs no I/O when it is malformed (THREATS 1)', async () => {
    const { token } = await storedTenant(stores);
    const { authenticate, asked } = instance();
    const malformed = [
      '',
      'sk-sluice-test_',
      `${token}x`,
      token.slice(1),
      token.replace(/.$/, '!'),
      '\u0000'.repeat(80),
    ];
    for (const wrong of malformed) expect(await authenticate(wrong)).toBeNull();
    expect(asked).toEqual([]);
  });

  test('costs no I/O when it is of another stage', async () => {
    const { token } = await storedTenant(stores);
    const { authenticate, asked } = instance({ stage: 'prod' });
    expect(await authenticate(token)).toBeNull();
    expect(asked).toEqual([]);
  });

  test('is looked up once when it is unknown, and not again for a while', async () => {
    const { key, token } = await storedTenant(stores);
    await stores.accounts.removeKey(key);
    const { authenticate, clock, asked } = instance();
    expect(await authenticate(token)).toBeNull();
    expect(asked.toSorted()).toEqual(['find', 'peppers']);
    asked.length = 0;
    clock.nowMs += 29_999;
    expect(await authenticate(token)).toBeNull();
    expect(asked).toEqual([]);
    clock.nowMs += 1;
    await authenticate(token);
    expect(asked).toContain('find');
  });

  test('of a known id but with another secret is refused, before and after the real one was seen (CVE-2026-35030)', async () => {
    const { token } = await storedTenant(stores);
    const forged = withOtherSecret(token);
    const { authenticate } = instance();
    expect(await authenticate(forged)).toBeNull();
    expect(await authenticate(token)).not.toBeNull();
    expect(await authenticate(forged)).toBeNull();
    const warm = instance();
    expect(await warm.authenticate(token)).not.toBeNull();
    expect(await warm.authenticate(forged)).toBeNull();
  });

  test('whose project was never stored is refused', async () => {
    const { token } = await storedTenant(stores);
    const { authenticate } = instance({ projects: { ...stores.projects, get: async () => undefined } });
    expect(await authenticate(token)).toBeNull();
  });
});

describe('the last use of a key', () => {
  const lastUsed = async (id: string) => (await stores.keys.find(id))?.lastUsedAt;

  test('is noted at first, and at most once an hour after', async () => {
    const { key, token } = await storedTenant(stores);
    const { authenticate, clock } = instance({ noteUse: true });
    await authenticate(token);
    expect(await lastUsed(key.id)).toBe(nowSeconds);
    clock.nowMs += 3_599_000;
    await authenticate(token);
    expect(await lastUsed(key.id)).toBe(nowSeconds);
    // The instance remembers the key for 30 seconds, so the next look is after that.
    clock.nowMs += 30_000;
    await authenticate(token);
    expect(await lastUsed(key.id)).toBe(nowSeconds + 3_629);
  });

  test('is not noted where the key is not used for what it is for', async () => {
    const { key, token } = await storedTenant(stores);
    await instance({ noteUse: false }).authenticate(token);
    expect(await lastUsed(key.id)).toBeNull();
  });

  test('is not noted for a wrong secret', async () => {
    const { key, token } = await storedTenant(stores);
    await instance({ noteUse: true }).authenticate(withOtherSecret(token));
    expect(await lastUsed(key.id)).toBeNull();
  });

  test('may be lost without harm, and is logged without the key (I12, I6)', async () => {
    const { token } = await storedTenant(stores);
    const failing: KeyStore = { ...stores.keys, touch: async () => Promise.reject(new Error(`lost ${token}`)) };
    const { authenticate, warnings } = instance({ noteUse: true, keys: failing });
    expect(await authenticate(token)).not.toBeNull();
    expect(warnings.map(({ message }) => message)).toEqual(['last use of a key not noted']);
    expect(Object.keys(warnings[0]?.facts ?? {}).toSorted()).toEqual(['apiKeyId', 'error']);
  });
});

describe('a store that is down (I12)', () => {
  const down = (method: 'find' | 'get') => async () => Promise.reject(new Error(`${method} failed`));

  test.each([
    ['keys', { keys: () => ({ ...stores.keys, find: down('find') }) }],
    ['projects', { projects: () => ({ ...stores.projects, get: down('get') }) }],
    ['organization', { organization: () => ({ ...stores.organization, get: down('get') }) }],
  ])('%s: the failure is not taken for a verdict, nor remembered as one', async (_, broken) => {
    const { token } = await storedTenant(stores);
    let isDown = true;
    const [[name, make]] = Object.entries(broken) as [[keyof Stores, () => object]];
    const flaky = new Proxy(stores[name], {
      get: (target, method) => Reflect.get(isDown ? make() : target, method),
    });
    const { authenticate } = instance({ [name]: flaky });
    await expect(authenticate(token)).rejects.toThrow('failed');
    isDown = false;
    expect(await authenticate(token)).not.toBeNull();
  });
});
