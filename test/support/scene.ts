/** A database, a provider, a gateway and a tenant, for the length of a test file. */

import type { StoredAttempt } from '../../shared/usage/attempt.ts';
import { dynamoUsageStore } from '../../shared/usage/usage-store.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { forgetCircuits } from './forget-circuits.ts';
import { type GatewayOptions, oneProvider, type Tenant, type TestGateway, testGateway } from './gateway.ts';
import { type ScriptedProvider, scriptedProvider, wellBehaved } from './scripted-provider.ts';

export type Scene = {
  readonly database: TestDatabase;
  readonly provider: ScriptedProvider;
  readonly gateway: TestGateway;
  readonly tenant: Tenant;
  /** The ledger's rows of a project, once everything under way has ended. */
  ledger(projectId?: string): Promise<StoredAttempt[]>;
};

/** Call at the top of a file; the scene is there by the time a test runs. */
export function scene(options: GatewayOptions = {}, configure = oneProvider): () => Scene {
  let made: Scene;
  beforeAll(async () => {
    const [database, provider] = await Promise.all([testDatabase(), scriptedProvider()]);
    const gateway = await testGateway(database, configure(provider.baseURL), options);
    const tenant = await gateway.tenant();
    const store = dynamoUsageStore(database.db, database.names.usage);
    made = {
      database,
      provider,
      gateway,
      tenant,
      async ledger(projectId = tenant.projectId) {
        await gateway.idle();
        const rows: StoredAttempt[] = [];
        const dayMs = 86_400_000;
        for await (const row of store.between(projectId, gateway.clock.nowMs - dayMs, gateway.clock.nowMs + dayMs))
          rows.push(row);
        return rows;
      },
    };
  });
  beforeEach(async () => {
    await forgetCircuits(made);
    made.provider.script = wellBehaved;
    made.provider.asked.length = 0;
    made.gateway.logs.length = 0;
    made.gateway.metrics.length = 0;
  });
  afterAll(() => Promise.all([made.database.stop(), made.provider.stop()]));
  return () => made;
}

/** One more provider, for the length of a test file. Call it before `scene`, whose configuration may name it. */
export function anotherProvider(): () => ScriptedProvider {
  let made: ScriptedProvider;
  beforeAll(async () => {
    made = await scriptedProvider();
  });
  beforeEach(() => {
    made.script = wellBehaved;
    made.asked.length = 0;
  });
  afterAll(() => made.stop());
  return () => made;
}

export const question = { model: 'test-model', messages: [{ role: 'user' as const, content: 'Say hello' }] };
