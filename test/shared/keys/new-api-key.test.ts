import { isExpired, newApiKeyObject, projectApiKeyObject } from '../../../shared/keys/api-key.ts';
import { verify } from '../../../shared/keys/digest.ts';
import { keyIdFromToken } from '../../../shared/keys/token.ts';
import { keyOf, newAccount, nowSeconds, peppers, stage } from '../stored-tenant.ts';

const account = newAccount('proj_1', 'app');

describe('a new key', () => {
  test('is stored without its value, which verifies against what is stored', () => {
    const { record, value } = keyOf(account);
    expect(JSON.stringify(record)).not.toContain(value);
    expect(JSON.stringify(record)).not.toContain(value.slice(-38, -6));
    expect(verify(value, record, peppers)).toBe(true);
    expect(keyIdFromToken(value, stage)).toBe(record.id);
  });

  test('belongs to its account, may do everything and never ends, where nothing else is wished', () => {
    expect(keyOf(account).record).toMatchObject({
      projectId: 'proj_1',
      serviceAccountId: account.id,
      name: 'app',
      scopes: [],
      createdAt: nowSeconds,
      expiresAt: null,
      lastUsedAt: null,
    });
  });

  test.each([
    [{ name: 'ci' }, { name: 'ci' }],
    [{ scopes: ['api.model.read'] }, { scopes: ['api.model.read'] }],
    [{ expires_in_seconds: 60 }, { expiresAt: nowSeconds + 60 }],
    [{ expires_in_seconds: null }, { expiresAt: null }],
  ])('with the wishes %j has %j', (wishes, expected) => {
    expect(keyOf(account, wishes).record).toMatchObject(expected);
  });
});

test.each([
  [null, false],
  [nowSeconds + 1, false],
  [nowSeconds, true],
  [nowSeconds - 1, true],
  [0, true],
])('a key that expires at %s has expired: %s', (expiresAt, expired) => {
  expect(isExpired({ expiresAt }, nowSeconds)).toBe(expired);
});

describe('what is shown of a key', () => {
  const { record, value } = keyOf(account);

  test('is its value this once', () => {
    expect(newApiKeyObject(record, value)).toEqual({
      object: 'organization.project.service_account.api_key',
      id: record.id,
      name: 'app',
      value,
      created_at: nowSeconds,
      expires_at: null,
    });
  });

  test('is never its value, digest or pepper again (I6)', () => {
    const shown = projectApiKeyObject(record, account);
    expect(shown).toMatchObject({
      object: 'organization.project.api_key',
      redacted_value: record.redactedValue,
      owner: { type: 'service_account', service_account: { id: account.id, name: 'app', role: 'member' } },
      owner_project_access: 'active',
    });
    expect(JSON.stringify(shown)).not.toContain(record.digest);
    expect(Object.keys(shown)).not.toContain('pepperVersion');
    expect(projectApiKeyObject(record, undefined)).toMatchObject({ owner_project_access: 'inactive' });
  });
});
