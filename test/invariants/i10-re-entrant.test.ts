/** I10: many requests may share one process, and none sees anything of another. */
import { question, scene } from '../support/scene.ts';
import { answer, completion, spoken, stream, usage } from '../support/scripted-provider.ts';

const on = scene();

test('requests of many tenants, whole and streamed, all under way at once, keep to themselves (I5, I10)', async () => {
  const { provider, gateway, ledger } = on();
  const tenants = await Promise.all(Array.from({ length: 6 }, (_, index) => gateway.tenant(`tenant ${index}`)));
  provider.script = async (response, asked) => {
    const mark = String(asked.body['user']);
    const tokens = 1 + Number(mark.split('/')[0]);
    if (asked.body['stream'] === true) {
      return stream(
        spoken(
          Array.from({ length: 5 }, () => mark),
          usage(tokens, 5),
        ),
        { pauseMs: Math.random() * 4 },
      )(response, asked);
    }
    return answer(completion(mark, usage(tokens, 1)))(response, asked);
  };

  const calls = tenants.flatMap((tenant, index) =>
    Array.from({ length: 12 }, async (_, call) => {
      const mark = `${index}/${call}`;
      const body = { ...question, user: mark };
      if (call % 2 === 0) {
        const { data, request_id } = await tenant.client.chat.completions.create(body).withResponse();
        expect(data.choices[0]?.message.content).toBe(mark);
        return request_id;
      }
      const { data, request_id } = await tenant.client.chat.completions
        .create({ ...body, stream: true })
        .withResponse();
      let said = '';
      for await (const event of data) said += event.choices[0]?.delta.content ?? '';
      expect(said).toBe(mark.repeat(5));
      return request_id;
    }),
  );
  const requestIds = await Promise.all(calls);
  expect(new Set(requestIds).size).toBe(calls.length);

  for (const [index, tenant] of tenants.entries()) {
    const rows = await ledger(tenant.projectId);
    expect(rows).toHaveLength(12);
    expect(new Set(rows.map(({ projectId }) => projectId))).toEqual(new Set([tenant.projectId]));
    expect(rows.every((row) => row.state === 'settled' && row.inputTokens === index + 1)).toBe(true);
  }
  const lines = gateway.logs.filter(({ facts }) => facts['route'] === 'POST /chat/completions');
  expect(lines).toHaveLength(calls.length);
  const tokensByProject = new Map(tenants.map(({ projectId }, index) => [projectId, index + 1]));
  for (const { facts } of lines) expect(facts['inputTokens']).toBe(tokensByProject.get(String(facts['projectId'])));
});
