/** A project whose ledger and counters agree, at prices that turn out to be wrong. */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { counterId } from '../../../shared/admission/counters.ts';
import { type CatalogueConfig, createCatalogue } from '../../../shared/catalogue/catalogue.ts';
import { costMicroUsd, type Price } from '../../../shared/catalogue/price.ts';
import { projectSchema } from '../../../shared/projects/project.ts';
import { dynamoProjectStore } from '../../../shared/projects/project-store.ts';
import { type RerateDeps, reratedPage } from '../../../shared/rerating/rerate.ts';
import { dynamoReratingStore } from '../../../shared/rerating/rerating-store.ts';
import { type RerateRequest, rerateSchema } from '../../../shared/rerating/schemas.ts';
import type { OpenAttempt, StoredAttempt } from '../../../shared/usage/attempt.ts';
import { dynamoUsageStore } from '../../../shared/usage/usage-store.ts';
import type { TestDatabase } from '../../support/database.ts';
import { attempt, settled } from '../usage/attempts.ts';

export const wrong: Price = { input: 2_500_000_000, output: 10_000_000_000 };
export const right: Price = { input: 2_500_000, output: 10_000_000 };
export const start = Date.parse('2026-11-22T00:00:00Z');
const nowMs = start + 86_400_000;

/** `gpt-4o` at the right price, `house` as it was, and nothing of any other model. */
const config: CatalogueConfig = {
  priceVersion: 'v2',
  builtAt: 0,
  models: {
    'gpt-4o': { targets: [{ provider: 'openai', model: 'gpt-4o', price: right }] },
    house: { targets: [{ provider: 'openai', model: 'gpt-4o', price: wrong }] },
  },
  wildcard: null,
};

export type Books = {
  readonly projectId: string;
  ledger(): Promise<StoredAttempt[]>;
  counters(shard?: number): Promise<Record<string, unknown>>;
  /** What the ledger says was spent. */
  spent(): Promise<number>;
};

let made = 0;

type Row = Partial<OpenAttempt> & { readonly input?: number; readonly keyMoney?: boolean; readonly shard?: number };

/** One settled row a second, from `start` on, and the counters that paid for them. */
export async function booksOf(database: TestDatabase, rows: readonly Row[]): Promise<Books> {
  const { db, names } = database;
  const usage = dynamoUsageStore(db, names.usage);
  const projectId = `proj_${String(made++).padStart(4, '0')}`;
  const project = { id: projectId, name: 'books', createdAt: start / 1000, archivedAt: null };
  await dynamoProjectStore(db, names.projects).create(projectSchema.parse(project));
  const counters = new Map<number, Record<string, number>>();
  await Promise.all(
    rows.map(async ({ input = 100, keyMoney = false, shard = 0, ...changes }, index) => {
      const open = attempt({
        projectId,
        id: `att_${String(index).padStart(4, '0')}`,
        startedAtMs: start + index * 1000,
        price: wrong,
        ...changes,
      });
      const cost = costMicroUsd({ input, cachedInput: 0, cacheWrite: 0, output: 20 }, open.price);
      const hold = {
        ...{ shard, epoch: 'closed', month: '2611', microUsd: cost, inputTokens: input, outputTokens: 20 },
        ...{ stream: false, keyMoney, tokenLimits: {} },
      };
      const tokens = { inputTokens: input, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 20 };
      await usage.settle({ ...open, hold }, settled({ ...tokens, costMicroUsd: cost }));
      const item = counters.get(shard) ?? { M2611: 0, S2611: 1_000_000_000_000 };
      counters.set(shard, item);
      item['M2611'] = (item['M2611'] ?? 0) + cost;
      item['S2611'] = (item['S2611'] ?? 0) - cost;
      const ofKey = `k.${open.apiKeyId}.M2611`;
      if (keyMoney) item[ofKey] = (item[ofKey] ?? 0) + cost;
    }),
  );
  for (const [shard, item] of counters) {
    await db.send(new PutCommand({ TableName: names.admission, Item: { id: counterId(projectId, shard), ...item } }));
  }

  const ledger = async () => {
    const found: StoredAttempt[] = [];
    for await (const row of usage.between(projectId, start, nowMs, 'latest')) found.push(row);
    return found;
  };
  return {
    projectId,
    ledger,
    async counters(shard = 0) {
      const Key = { id: counterId(projectId, shard) };
      const { Item = {} } = await db.send(new GetCommand({ TableName: names.admission, Key, ConsistentRead: true }));
      const { id: _id, ...numbers } = Item;
      return numbers;
    },
    spent: async () => (await ledger()).reduce((sum, row) => sum + (row.state === 'settled' ? row.costMicroUsd : 0), 0),
  };
}

export const rerateDeps = ({ db, names }: TestDatabase, changes: Partial<RerateDeps> = {}): RerateDeps => ({
  usage: dynamoUsageStore(db, names.usage),
  projects: dynamoProjectStore(db, names.projects),
  catalogue: createCatalogue(config),
  ratings: dynamoReratingStore(db, { usage: names.usage, admission: names.admission }),
  log: { info: () => {}, warn: () => {}, error: () => {} },
  now: () => nowMs,
  pause: async () => {},
  pick: (count) => count - 1,
  ...changes,
});

export const requestOf = (changes: Partial<RerateRequest> = {}): RerateRequest =>
  rerateSchema.parse({ start_time: start / 1000, end_time: start / 1000 + 43_200, ...changes });

export type Page = Awaited<ReturnType<typeof reratedPage>>;

/** Pages until there are no more. */
export async function allPages(deps: RerateDeps, request: Partial<RerateRequest>, isTimeUp = () => false) {
  const pages: Page[] = [];
  for (let page: string | null | undefined; page !== null && pages.length < 1_000; ) {
    const asked = requestOf({ ...request, ...(page !== undefined && { page }) });
    const answer = await reratedPage(deps, asked, isTimeUp);
    pages.push(answer);
    page = answer.next_page;
  }
  return pages;
}

export const sumOf = (pages: readonly Page[], number: (page: Page) => number): number =>
  pages.reduce((sum, page) => sum + number(page), 0);
