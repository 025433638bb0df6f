import { documentClient } from '../../../shared/dynamo/client.ts';
import {
  type Claim,
  dynamoIdempotencyStore,
  type IdempotencyStore,
} from '../../../shared/idempotency/idempotency-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const store = (): IdempotencyStore => dynamoIdempotencyStore(database.db, database.names.idempotency);
const answer = Buffer.from('sealed');

let rows = 0;
const newClaim = (claimedBy = 'first'): Claim => {
  rows += 1;
  return { id: `row-${rows}`, bodyDigest: 'digest', claimedBy, claimedAtMs: 1_000_000, expiresAt: 1_100 };
};
const by = (claim: Claim, claimedBy: string, claimedAtMs = claim.claimedAtMs): Claim => ({
  ...claim,
  claimedBy,
  claimedAtMs,
});

describe('a key', () => {
  test('is claimed by one of many rivals, and the others see by whom', async () => {
    const claim = newClaim();
    const rivals = Array.from({ length: 10 }, (_, index) => by(claim, `rival-${index}`));
    const outcomes = await Promise.all(rivals.map((rival) => store().claim(rival)));
    expect(outcomes.filter((outcome) => outcome === 'claimed')).toHaveLength(1);
    const [winner] = rivals.filter((_, index) => outcomes[index] === 'claimed');
    for (const outcome of outcomes) {
      if (outcome !== 'claimed') expect(outcome).toMatchObject({ state: 'claimed', claimedBy: winner?.claimedBy });
    }
  });

  test('whose claim is repeated, since its answer was lost, is still claimed', async () => {
    const claim = newClaim();
    expect([await store().claim(claim), await store().claim(claim)]).toEqual(['claimed', 'claimed']);
  });

  test('that has an answer is not claimed again, not even by who gave it', async () => {
    const claim = newClaim();
    await store().claim(claim);
    await store().keep(claim, { answer });
    expect(await store().claim(claim)).toMatchObject({ state: 'answered' });
  });

  test('can be claimed by another from the second on in which the claim is over', async () => {
    const claim = newClaim();
    await store().claim(claim);
    expect(await store().claim(by(claim, 'other', 1_099_999))).toMatchObject({ claimedBy: 'first' });
    expect(await store().claim(by(claim, 'other', 1_100_000))).toBe('claimed');
  });
});

describe('what is kept', () => {
  test.each([{ answer }, { bodyKey: 'where/it/is' }])(
    'is found until the time that it was kept for: %j',
    async (kept) => {
      const claim = newClaim();
      await store().claim(claim);
      await store().keep({ ...claim, expiresAt: 2_000 }, kept);
      expect(await store().find(claim.id)).toMatchObject({ ...kept, expiresAt: 2_000 });
      expect(await store().claim(by(claim, 'other', 1_999_999))).toMatchObject(kept);
      expect(await store().claim(by(claim, 'other', 2_000_000))).toBe('claimed');
    },
  );

  test('is not taken back: a release that comes after it changes nothing', async () => {
    const claim = newClaim();
    await store().claim(claim);
    await store().keep(claim, { answer });
    await expect(store().release(claim)).rejects.toThrow();
    expect(await store().find(claim.id)).toMatchObject({ state: 'answered' });
  });

  test('is not written over by who has lost the claim meanwhile, nor released by them', async () => {
    const claim = newClaim();
    await store().claim(claim);
    const next = by(claim, 'next', 1_100_000);
    await store().claim({ ...next, expiresAt: 3_000 });
    await expect(store().keep(claim, { answer })).rejects.toThrow();
    await expect(store().release(claim)).rejects.toThrow();
    expect(await store().find(claim.id)).toMatchObject({ state: 'claimed', claimedBy: 'next' });
  });
});

test('a key that is released is there for anyone', async () => {
  const claim = newClaim();
  await store().claim(claim);
  await store().release(claim);
  expect(await store().find(claim.id)).toBe('gone');
  expect(await store().claim(by(claim, 'other'))).toBe('claimed');
});

describe('while the table cannot be reached (I12)', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const aws = { region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' };
  const unreachable = dynamoIdempotencyStore(documentClient(aws), 'idempotency');

  test.each<[string, () => Promise<unknown>]>([
    ['claim', () => unreachable.claim(newClaim())],
    ['find', () => unreachable.find('row')],
  ])('%s refuses as overloaded', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });
});
