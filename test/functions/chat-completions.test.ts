import { type TestDatabase, testDatabase } from '../support/database.ts';
import { oneProvider, type Tenant, type TestGateway, testGateway } from '../support/gateway.ts';
import {
  answer,
  completion,
  type ScriptedProvider,
  scriptedProvider,
  usage,
  wellBehaved,
} from '../support/scripted-provider.ts';

let database: TestDatabase;
let provider: ScriptedProvider;
let gateway: TestGateway;
let tenant: Tenant;

beforeAll(async () => {
  [database, provider] = await Promise.all([testDatabase(), scriptedProvider()]);
  gateway = await testGateway(database, oneProvider(provider.baseURL));
  tenant = await gateway.tenant();
});
beforeEach(() => {
  provider.script = wellBehaved;
  provider.asked.length = 0;
});
afterAll(() => Promise.all([database.stop(), provider.stop()]));

const ask = { model: 'test-model', messages: [{ role: 'user' as const, content: 'Say hello' }] };

describe('a whole chat completion', () => {
  test('is what the provider said, to the byte', async () => {
    const said = JSON.stringify(completion('Hello', usage(100, 20, 40)));
    provider.script = answer(said);
    const response = await tenant.client.chat.completions.create(ask).asResponse();
    expect(await response.text()).toBe(said);
  });
});
