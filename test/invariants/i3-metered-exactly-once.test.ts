/** I3: every attempt at a provider is metered exactly once. What the provider counted is what the ledger says. */
import fc from 'fast-check';
import { question, scene } from '../support/scene.ts';
import { answer, completion, refusal, type Script, spoken, stream, usage } from '../support/scripted-provider.ts';

const on = scene();

type Kind = 'whole' | 'streamed' | 'left early' | 'failed' | 'cut' | 'no usage';
const kinds: readonly Kind[] = ['whole', 'streamed', 'left early', 'failed', 'cut', 'no usage'];

const scripts: Record<Kind, (tokens: number) => Script> = {
  whole: (tokens) => answer(completion('x', usage(tokens, 1))),
  streamed: (tokens) => stream(spoken(['a', 'b'], usage(tokens, 2))),
  'left early': (tokens) => stream(spoken(['a', 'b', 'c', 'd'], usage(tokens, 4)), { pauseMs: 3 }),
  failed: () => refusal(500, { message: 'x' }),
  cut: () => stream(spoken(['a', 'b']).slice(0, 2), { thenCut: true }),
  'no usage': () => stream(spoken(['a', 'b'], null)),
};

const isStreamed = (kind: Kind): boolean =>
  kind === 'streamed' || kind === 'left early' || kind === 'cut' || kind === 'no usage';

test('any mixture of calls, all at once, leaves one settled row for each attempt and the provider’s own sums (I3)', async () => {
  const { provider, gateway, ledger } = on();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ kind: fc.constantFrom(...kinds), tokens: fc.integer({ min: 1, max: 5_000 }) }), {
        minLength: 1,
        maxLength: 25,
      }),
      async (calls) => {
        const tenant = await gateway.tenant();
        provider.asked.length = 0;
        provider.script = (response, asked) => {
          const call = calls[Number(asked.body['user'])];
          return call ? scripts[call.kind](call.tokens)(response, asked) : undefined;
        };
        const one = async ({ kind }: { kind: Kind }, index: number): Promise<void> => {
          const body = { ...question, user: String(index) };
          if (!isStreamed(kind)) {
            await tenant.client.chat.completions.create(body);
            return;
          }
          for await (const _ of await tenant.client.chat.completions.create({ ...body, stream: true })) {
            if (kind === 'left early') break;
          }
        };
        await Promise.allSettled(calls.map(one));

        const rows = await ledger(tenant.projectId);
        expect(rows).toHaveLength(calls.length);
        expect(provider.asked).toHaveLength(calls.length);
        expect(new Set(rows.map(({ id }) => id)).size).toBe(calls.length);
        expect(rows.filter(({ state }) => state !== 'settled')).toEqual([]);
        const reported = calls.filter(({ kind }) => kind === 'whole' || kind === 'streamed' || kind === 'left early');
        const counted = rows.flatMap((row) => (row.state === 'settled' && !row.estimated ? [row.inputTokens] : []));
        const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
        expect(sum(counted)).toBe(sum(reported.map(({ tokens }) => tokens)));
      },
    ),
    { numRuns: 12 },
  );
});

test('the usage API says what the provider counted, under concurrency', async () => {
  const { provider, gateway } = on();
  const tenant = await gateway.tenant();
  let input = 0;
  let output = 0;
  provider.script = (response, asked) => {
    const used = usage(100 + provider.asked.length, 7);
    input += used.prompt_tokens;
    output += used.completion_tokens;
    return answer(completion('x', used))(response, asked);
  };
  await Promise.all(Array.from({ length: 100 }, () => tenant.client.chat.completions.create(question)));
  await gateway.idle();
  const start_time = Math.floor(gateway.clock.nowMs / 1000) - 60;
  const { data } = await gateway.admin().admin.organization.usage.completions({
    start_time,
    end_time: start_time + 120,
    project_ids: [tenant.projectId],
  });
  expect(data.flatMap(({ results }) => results)).toMatchObject([
    { num_model_requests: 100, input_tokens: input, output_tokens: output },
  ]);
});

test('a settlement that comes twice, or late and different, changes nothing', async () => {
  const { gateway, ledger, database } = on();
  const tenant = await gateway.tenant();
  await tenant.client.chat.completions.create(question);
  const [row] = await ledger(tenant.projectId);
  if (row?.state !== 'settled') throw new Error('expected a settled row');
  const { dynamoUsageStore } = await import('../../shared/usage/usage-store.ts');
  await dynamoUsageStore(database.db, database.names.usage).settle(row, {
    ...row,
    inputTokens: 999_999,
    outcome: 'failed',
  });
  expect(await ledger(tenant.projectId)).toEqual([row]);
});
