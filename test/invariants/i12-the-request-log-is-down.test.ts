/** I12: without the queue, or without the place where content waits, a line is lost or its content is; an answer never is. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inboxFolder } from '../../shared/bodies/body-store.ts';
import { createWriteLog } from '../../shared/request-log/write-log.ts';
import { writeLogDeps } from '../../shared/request-log-deps.ts';
import { logged, loggedTenant, queued } from '../support/request-logs.ts';
import { question, scene } from '../support/scene.ts';
import { watched } from '../support/watched.ts';

let isDown = false;
const on = scene({
  override: ({ db, env }) => ({
    db: watched(db, ({ input }) => {
      if (isDown && input.TableName === env.queues.table) throw new Error('connect ECONNREFUSED');
    }),
  }),
});
afterEach(() => {
  isDown = false;
});

const problems = () =>
  on()
    .gateway.logs.filter(({ level }) => level !== 'info')
    .map(({ message, facts }) => [message, facts['projectId']]);

describe.each([false, true])('streamed %p', (stream) => {
  const answered = async (key: string): Promise<string> => {
    const response = await on().gateway.fetch('http://gateway.test/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...question, stream }),
    });
    expect(response.status).toBe(200);
    const text = await response.text();
    await on().gateway.idle();
    return text;
  };
  const whole = stream ? 'data: [DONE]' : '"finish_reason":"stop"';

  test.each(['metadata', 'content'])('%s: the queue is down', async (mode) => {
    const { gateway } = on();
    const { key, projectId } = await loggedTenant(on(), { mode });
    gateway.events.length = 0;
    isDown = true;
    expect(await answered(key)).toContain(whole);
    isDown = false;
    expect(problems()).toEqual([['request not logged', projectId]]);
    expect(gateway.events).toEqual(['RequestLogLost']);
    expect(await logged(on(), projectId)).toEqual([]);
    expect(gateway.logs.at(-1)).toMatchObject({ message: 'request not logged' });
  });

  test('the inbox is down: the line is there, and says that its content is not', async () => {
    const { gateway } = on();
    const { key, projectId } = await loggedTenant(on(), { mode: 'content' });
    gateway.events.length = 0;
    const inbox = `${gateway.live.env.bodies.folder}/${inboxFolder}`;
    await rm(inbox, { recursive: true, force: true });
    await mkdir(dirname(inbox), { recursive: true });
    // A file where a folder would have to be.
    await writeFile(inbox, '');
    try {
      expect(await answered(key)).toContain(whole);
    } finally {
      await rm(inbox);
    }
    expect(problems()).toEqual([['content not logged', projectId]]);
    expect(gateway.events).toEqual(['RequestLogLost']);
    const [line] = await logged(on(), projectId);
    expect(line).toMatchObject({ status: 200, content_lost: 'not_kept' });
    expect(line).not.toHaveProperty('content');
  });
});

test('the projects are down: what waits is written once they are back', async () => {
  const { gateway, tenant } = on();
  const { client, projectId } = await loggedTenant(on(), { mode: 'content' });
  await client.chat.completions.create(question);
  await gateway.idle();
  const { db } = gateway.live;
  const failing = {
    ...gateway.live,
    db: watched(db, () => {
      throw new Error('connect ECONNREFUSED');
    }),
  };
  const waiting = (await queued(on())).map(({ message }, index) => ({
    message: message as never,
    receives: 1,
    messageId: `m${index}`,
  }));
  expect(waiting).toHaveLength(1);
  expect(await createWriteLog(writeLogDeps(failing))(waiting)).toEqual(['m0']);
  expect(await logged(on(), projectId)).toMatchObject([{ content: { request: { model: 'test-model' } } }]);
  expect(tenant.projectId).not.toBe(projectId);
});
