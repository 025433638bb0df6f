/** Every way of not having a valid key. */
import { crc32 } from 'node:zlib';
import { base62 } from '../../../shared/ids.ts';
import { newToken } from '../../../shared/keys/token.ts';
import { adminKey, type TestGateway } from '../../support/gateway.ts';

/** The same key with another stage's name in it, and a checksum that fits. */
export function ofStage(stage: string, key: string): string {
  const unchecked = key.replace(/^sk-sluice-[a-z0-9-]+_/, `sk-sluice-${stage}_`).slice(0, -6);
  return unchecked + base62(crc32(unchecked), 6);
}

const turned = (character: string | undefined): string => (character === '0' ? '1' : '0');

/** The same key with another secret, and a checksum that fits. */
export function withOtherSecret(key: string): string {
  const unchecked = key.slice(0, -7) + turned(key.at(-7));
  return unchecked + base62(crc32(unchecked), 6);
}

type NewAdminKey = { readonly id: string; readonly value: string };

/** `scopes` is the gateway's own: the package's types have none. */
export async function newAdminKey(
  gateway: TestGateway,
  scopes: readonly string[] = [],
  more: { readonly expires_in_seconds?: number } = {},
): Promise<NewAdminKey> {
  const wishes = { name: 'of the tests', scopes: [...scopes], ...more };
  return gateway.admin().admin.organization.adminAPIKeys.create(wishes);
}

/** Keys that once were good. By the time this resolves none of them is, whatever is cached. */
async function formerKeys(gateway: TestGateway): Promise<Record<string, string>> {
  const { projects } = gateway.admin().admin.organization;
  const [deleted, expired, orphaned, archived] = await Promise.all([
    gateway.tenant('deleted'),
    gateway.tenant('expired'),
    gateway.tenant('orphaned'),
    gateway.tenant('archived'),
  ]);
  const idOf = async (projectId: string) => (await projects.apiKeys.list(projectId)).data[0]?.id ?? '';
  await projects.apiKeys.delete(await idOf(deleted.projectId), { project_id: deleted.projectId });
  await projects.apiKeys.update(await idOf(expired.projectId), {
    project_id: expired.projectId,
    expires_in_seconds: 1,
  });
  await projects.serviceAccounts.delete(orphaned.accountId, { project_id: orphaned.projectId });
  await projects.archive(archived.projectId);
  const deletedAdmin = await newAdminKey(gateway);
  const expiredAdmin = await newAdminKey(gateway, [], { expires_in_seconds: 60 });
  await gateway.admin().admin.organization.adminAPIKeys.delete(deletedAdmin.id);
  gateway.clock.nowMs += 60_000;
  return {
    'a deleted admin key': deletedAdmin.value,
    'an expired admin key': expiredAdmin.value,
    'a deleted key': deleted.key,
    'an expired key': expired.key,
    'a key of a deleted service account': orphaned.key,
    'a key of an archived project': archived.key,
  };
}

/** By name, the headers of each. */
export async function unauthorised(
  gateway: TestGateway,
  validKey: string,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const unknown = newToken('test', gateway.clock.nowMs).token;
  const tokens: Record<string, string> = {
    ...(await formerKeys(gateway)),
    'an unknown id with a right checksum': unknown,
    'an unknown admin id with a right checksum': newToken('test', gateway.clock.nowMs, 'admin').token,
    'a known id with another secret': withOtherSecret(validKey),
    'a known admin id with another secret': withOtherSecret((await newAdminKey(gateway)).value),
    "a project's key in an admin key's clothes": ofStage('admin-test', validKey),
    'a wrong checksum': validKey.slice(0, -1) + turned(validKey.at(-1)),
    'a key of another stage': ofStage('prod', validKey),
    'a malformed key': 'sk-sluice-test_tooshort',
    "a provider's key": 'sk-proj-0123456789abcdefghijABCDEFGHIJ',
    'a valid key with a space after it': `${validKey} `,
    'a valid key twice': `${validKey} ${validKey}`,
    'a valid key and more': `${validKey}0`,
    'most of the admin key': adminKey.slice(0, -1),
    'the admin key in capitals': adminKey.toUpperCase(),
    'a million characters': 'k'.repeat(1_000_000),
  };
  return new Map<string, Readonly<Record<string, string>>>([
    ['no key', {}],
    ['an empty Authorization', { Authorization: '' }],
    ['a bare scheme', { Authorization: 'Bearer' }],
    ['a scheme and a space', { Authorization: 'Bearer ' }],
    ['another scheme', { Authorization: `Basic ${Buffer.from(`:${validKey}`).toString('base64')}` }],
    ['a valid key without a scheme', { Authorization: validKey }],
    ['a valid key behind a tab', { Authorization: `Bearer\t${validKey}` }],
    ['an empty x-api-key', { 'x-api-key': '' }],
    // What the caller says first is what counts: no second try at another header.
    ['a wrong Authorization and a valid x-api-key', { Authorization: 'Bearer wrong', 'x-api-key': validKey }],
    ['an empty Authorization and a valid x-api-key', { Authorization: '', 'x-api-key': validKey }],
    ['another scheme and a valid api-key', { Authorization: 'Basic eDp5', 'api-key': validKey }],
    ...Object.entries(tokens).flatMap(([name, token]): [string, Record<string, string>][] => [
      [name, { Authorization: `Bearer ${token}` }],
      [`${name}, as x-api-key`, { 'x-api-key': token }],
      [`${name}, as api-key`, { 'api-key': token }],
    ]),
  ]);
}
