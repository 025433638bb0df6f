import {
  type BlockedAddressStore,
  dynamoBlockedAddressStore,
} from '../../../shared/addresses/blocked-address-store.ts';
import { guarded } from '../../../shared/addresses/guard.ts';
import { guessPolicy } from '../../../shared/addresses/guesses.ts';
import type { AdminCaller } from '../../../shared/keys/caller.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { nowMs, peppers } from '../stored-tenant.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const caller: AdminCaller = { kind: 'admin', apiKeyId: 'key_x', scopes: [] };
const clock = { nowMs };
let lastAddress = 0;
const newAddress = () => `192.0.2.${++lastAddress}`;

/** One instance; `valid` are its keys, and `asked` what it asked of whom. */
function instance(valid: Set<string> = new Set(['good'])) {
  const asked: string[] = [];
  const noted = <Result>(what: string, result: Result): Result => {
    asked.push(what);
    return result;
  };
  const store = dynamoBlockedAddressStore(database.db, database.names.blockedAddresses);
  const blocked: BlockedAddressStore = {
    blockedUntil: (id) => noted('read', store.blockedUntil(id)),
    block: (id, until) => noted('write', store.block(id, until)),
  };
  const guard = guarded({
    authenticate: async (token) => noted(token, valid.has(token) ? caller : null),
    blocked,
    secrets: { peppers: async () => peppers },
    policy: guessPolicy,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    now: () => clock.nowMs,
  });
  const guessTimes = async (address: string, count: number) => {
    const answers: (null | string)[] = [];
    for (let index = 0; index < count; index++) {
      answers.push(
        await guard(`bad${index}`, address).then(
          () => null,
          (error) => error.why,
        ),
      );
    }
    return answers;
  };
  return { guard, guessTimes, asked, valid };
}

const refused = (seconds: number) => ({
  why: 'rate_limit_exceeded',
  headers: { 'retry-after': String(seconds), 'x-should-retry': 'false' },
});

test('ten guesses are answered, the eleventh and what follows is refused without a look at the key', async () => {
  const [address, { guard, guessTimes, asked }] = [newAddress(), instance()];
  expect(await guessTimes(address, 11)).toEqual([...Array(10).fill(null), 'rate_limit_exceeded']);
  asked.length = 0;
  await expect(guard('bad', address)).rejects.toMatchObject(refused(900));
  await expect(guard('good', address)).rejects.toMatchObject(refused(900));
  expect(asked).toEqual([]);
});

test('slow guesses, one a second, go on being answered', async () => {
  const [address, { guessTimes }] = [newAddress(), instance()];
  await guessTimes(address, 10);
  for (let second = 0; second < 30; second++) {
    clock.nowMs += 1_000;
    expect(await guessTimes(address, 1)).toEqual([null]);
  }
  expect(await guessTimes(address, 1)).toEqual(['rate_limit_exceeded']);
});

test('a blocked address is blocked on every instance, for fifteen minutes and no longer', async () => {
  const address = newAddress();
  await instance().guessTimes(address, 11);
  const other = instance();
  clock.nowMs += 60_000;
  await expect(other.guard('good', address)).rejects.toMatchObject(refused(840));
  clock.nowMs += 839_999;
  await expect(other.guard('good', address)).rejects.toMatchObject(refused(1));
  clock.nowMs += 1;
  expect(await other.guard('good', address)).toBe(caller);
  expect(await instance().guard('good', address)).toBe(caller);
});

test('other addresses go on', async () => {
  const { guard, guessTimes } = instance();
  await guessTimes(newAddress(), 11);
  expect(await guard('good', newAddress())).toBe(caller);
});

test('a token that the instance has accepted passes though its address is blocked, until it is no longer valid', async () => {
  const [address, { guard, guessTimes, asked, valid }] = [newAddress(), instance()];
  await guard('good', address);
  await guessTimes(address, 11);
  asked.length = 0;
  expect(await guard('good', address)).toBe(caller);
  expect(asked).toEqual(['good']);
  valid.delete('good');
  await expect(guard('good', address)).rejects.toMatchObject({ why: 'rate_limit_exceeded' });
  asked.length = 0;
  await expect(guard('good', address)).rejects.toMatchObject({ why: 'rate_limit_exceeded' });
  expect(asked).toEqual([]);
});

test('an instance asks once in half a minute whether an address is blocked, at the same time as it asks for the key', async () => {
  const [address, { guard, asked, valid }] = [newAddress(), instance()];
  valid.add('second').add('third');
  await guard('good', address);
  expect([...asked].sort()).toEqual(['good', 'read']);
  await guard('good', address);
  await guard('second', address);
  expect(asked.slice(2)).toEqual(['good', 'second']);
  clock.nowMs += 30_000;
  await guard('good', address);
  await guard('third', address);
  expect(asked.slice(4).sort()).toEqual(['good', 'read', 'third']);
});

test('guesses from all over a network of the sixth version are one guesser’s', async () => {
  const { guard } = instance();
  const guessFrom = (host: number) => guard('bad', `2001:db8:0:${lastAddress}::${host.toString(16)}`);
  for (let host = 1; host <= 10; host++) expect(await guessFrom(host)).toBeNull();
  await expect(guessFrom(11)).rejects.toMatchObject({ why: 'rate_limit_exceeded' });
});
