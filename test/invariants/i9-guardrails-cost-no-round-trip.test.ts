/** I9: guardrails that find nothing write nothing, and read nothing before the provider is asked. */
import { moderated, tenantWith } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { watched } from '../support/watched.ts';

const seen: string[] = [];
const note = (command: { constructor: { name: string } }) => seen.push(command.constructor.name);
const given = scene({ override: ({ db, onceDb }) => ({ db: watched(db, note), onceDb: watched(onceDb, note) }) });

const everything = {
  injection: { mode: 'block' },
  moderation: { input: 'block', output: 'block' },
  redaction: { input: ['secrets', 'email'], output: ['secrets'] },
} as const;

test.each([false, true])('streamed %p: the same operations as without them', async (stream) => {
  const { gateway, provider } = given();
  provider.script = moderated();
  const counts: string[][] = [];
  for (const wishes of [{}, everything]) {
    const { client } = await tenantWith(gateway, wishes);
    const ask = async () => {
      const body = { model: 'test-model', messages: [{ role: 'user' as const, content: 'Good morning.' }] };
      if (stream) for await (const _ of await client.chat.completions.create({ ...body, stream: true }));
      else await client.chat.completions.create(body);
      await gateway.idle();
    };
    await ask();
    // The circuits are looked at once a second, whoever asks.
    gateway.clock.nowMs += 100;
    seen.length = 0;
    await ask();
    counts.push(seen.toSorted());
  }
  expect(counts[1]).toEqual(counts[0]);
});
