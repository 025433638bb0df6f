/** What the worker makes of deliveries, however often and in whatever company they come, and wherever it is killed. */
import { join } from 'node:path';
import { readRequestLog } from '../../../infra/local/read-request-log.ts';
import { folderBodies } from '../../../shared/bodies/folder-bodies.ts';
import type { Project } from '../../../shared/projects/project.ts';
import { folderLogFiles } from '../../../shared/request-log/folder-log-files.ts';
import type { LogFiles } from '../../../shared/request-log/log-files.ts';
import { inboxKey, type RequestLogMessage } from '../../../shared/request-log/log-line.ts';
import { s3LogFiles } from '../../../shared/request-log/s3-log-files.ts';
import { sealRecord } from '../../../shared/request-log/sealed-record.ts';
import { createWriteLog, type WriteLogDeps } from '../../../shared/request-log/write-log.ts';
import { filesBelow } from '../../support/request-logs.ts';
import { type ScriptedBucket, scriptedBucket } from '../../support/scripted-bucket.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const projectSecret = 'the secret of the project';
const localSecret = 'the secret of the machine';
const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
let nonces = 0;
const newNonce = () => Buffer.from(String(nonces++).padStart(12, '0'));

function scene(options: { readonly files?: LogFiles; readonly secret?: string | null } = {}) {
  const folder = temporaryFolder();
  const bodies = folderBodies(join(folder, 'bodies'));
  const events: string[] = [];
  const problems: string[] = [];
  const note = (message: string) => void problems.push(message);
  const deps: WriteLogDeps = {
    inbox: bodies,
    projects: {
      get: async (id) =>
        ({ id, contentSecret: options.secret === undefined ? projectSecret : options.secret }) as Project,
    },
    files: options.files ?? folderLogFiles({ folder, secret: localSecret, newNonce }),
    log: { info: note, warn: note, error: note },
    countEvent: (event) => events.push(event),
  };
  return {
    bodies,
    deps,
    events,
    problems,
    lines: (projectId?: string) => readRequestLog(folder, localSecret, projectId),
    files: () => [...filesBelow(join(folder, 'request-logs')).keys()],
    inbox: () => [...filesBelow(join(folder, 'bodies')).keys()],
  };
}

type Given = ReturnType<typeof scene>;

const message = (id: string, fields: Partial<RequestLogMessage> = {}): RequestLogMessage => ({
  projectId: 'proj_1',
  id,
  receivedAtMs: String(Date.parse('2026-11-22T10:30:00Z')),
  retentionDays: '30',
  line: JSON.stringify({ id, object: 'request_log.line' }),
  content: 'none',
  ...fields,
});

async function sealed({ bodies }: Given, id: string, fields: Partial<RequestLogMessage> = {}) {
  const made = message(id, { ...fields, content: 'sealed' });
  await bodies.put(
    inboxKey(made),
    sealRecord(projectSecret, made, JSON.stringify({ request: `said in ${id}` }), newNonce()),
  );
  return made;
}

const delivered = (messages: readonly RequestLogMessage[], receives = 1) =>
  messages.map((one, index) => ({ message: one, receives, messageId: `sqs-${index}` }));

test('lines are grouped by project, hour, retention and whether anything was said', async () => {
  const given = scene();
  const messages = [
    message('log_1'),
    message('log_2'),
    message('log_3', { projectId: 'proj_2' }),
    message('log_4', { receivedAtMs: String(Date.parse('2026-11-23T00:00:00Z')) }),
    message('log_5', { retentionDays: '7' }),
    await sealed(given, 'log_6'),
  ];
  expect(await createWriteLog(given.deps)(delivered(messages))).toEqual([]);
  expect(
    given
      .files()
      .map((file) => file.replace(/-[\w-]{22}/, ''))
      .sort(),
  ).toEqual([
    'proj_1/2026/11/22/10.30d.jsonl',
    'proj_1/2026/11/22/10.30d.jsonl',
    'proj_1/2026/11/22/10.7d.jsonl',
    'proj_1/2026/11/23/00.30d.jsonl',
    'proj_2/2026/11/22/10.30d.jsonl',
  ]);
  expect(given.lines('proj_1').map(({ id }) => id)).toEqual(['log_1', 'log_2', 'log_4', 'log_5', 'log_6']);
  expect(given.lines('proj_1').at(-1)).toEqual({
    id: 'log_6',
    object: 'request_log.line',
    content: { request: 'said in log_6' },
  });
  expect(given.inbox()).toEqual([]);
});

test('the same messages once more are the same object, in whatever order', async () => {
  const given = scene();
  const messages = [message('log_1'), message('log_2')];
  const write = createWriteLog(given.deps);
  await write(delivered(messages));
  const once = given.files();
  await write(delivered(messages.toReversed(), 2));
  expect(given.files()).toEqual(once);
});

test('a message that was sent twice has one line', async () => {
  const given = scene();
  await createWriteLog(given.deps)(delivered([message('log_1'), message('log_1')]));
  expect(given.lines()).toHaveLength(1);
});

test('what has left the inbox has been written, and is not written again', async () => {
  const given = scene();
  const messages = [await sealed(given, 'log_1'), await sealed(given, 'log_2')];
  const write = createWriteLog(given.deps);
  await write(delivered(messages));
  await write(delivered([...messages, await sealed(given, 'log_3')], 2));
  expect(given.lines().map(({ id }) => id)).toEqual(['log_1', 'log_2', 'log_3']);
  expect(given.files()).toHaveLength(2);
  expect(given.events).toEqual([]);
});

/** Each call of the outside world in turn is the last that happens. */
function dying(deps: WriteLogDeps, at: number): WriteLogDeps {
  let calls = 0;
  let isDead = false;
  const mortal = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (isDead) return new Promise(() => {});
    const result = await work();
    if (calls++ === at) isDead = true;
    return isDead ? new Promise(() => {}) : result;
  };
  return {
    ...deps,
    inbox: { get: (key) => mortal(() => deps.inbox.get(key)), delete: (key) => mortal(() => deps.inbox.delete(key)) },
    files: { ...deps.files, write: (file) => mortal(() => deps.files.write(file)) },
  };
}

test('killed after any of its steps, every line is there in the end, with its content, and none by another id', async () => {
  for (let at = 0; at < 8; at++) {
    const given = scene();
    const messages = [await sealed(given, 'log_1'), await sealed(given, 'log_2'), message('log_3')];
    const killed = createWriteLog(dying(given.deps, at))(delivered(messages));
    await Promise.race([killed, new Promise((resolve) => setTimeout(resolve, 50))]);
    // All of it is delivered again: together, or in other company.
    if (at % 2 === 0) await createWriteLog(given.deps)(delivered(messages, 2));
    else for (const one of messages) await createWriteLog(given.deps)(delivered([one], 2));
    expect(given.lines()).toMatchObject([
      { id: 'log_1', content: { request: 'said in log_1' } },
      { id: 'log_2', content: { request: 'said in log_2' } },
      { id: 'log_3' },
    ]);
    expect(given.inbox()).toEqual([]);
  }
});

test('what cannot be written comes again, and holds up no other project', async () => {
  const given = scene();
  const files: LogFiles = {
    hasContentKey: true,
    write: async (file) => {
      if (file.key.includes('proj_1')) throw new Error('S3 is down');
      await given.deps.files.write(file);
    },
  };
  const messages = [await sealed(given, 'log_1'), message('log_2', { projectId: 'proj_2' })];
  expect(await createWriteLog({ ...given.deps, files })(delivered(messages))).toEqual(['sqs-0']);
  expect(given.lines().map(({ id }) => id)).toEqual(['log_2']);
  expect(given.inbox()).toHaveLength(1);
  expect(given.problems).toEqual(['request log not written']);
});

test('an inbox that cannot be emptied is left to time', async () => {
  const given = scene();
  const inbox = { get: given.bodies.get, delete: () => Promise.reject(new Error('down')) };
  const messages = [await sealed(given, 'log_1')];
  expect(await createWriteLog({ ...given.deps, inbox })(delivered(messages))).toEqual([]);
  expect(given.lines()).toHaveLength(1);
});

describe('content that is lost leaves the rest of its line, which says so, and is counted', () => {
  const lost = (given: Given) => given.lines().map(({ id, content_lost, content }) => [id, content_lost, content]);

  test('because it is not in the inbox', async () => {
    const given = scene();
    const gone = message('log_1', { content: 'sealed' });
    await createWriteLog(given.deps)(delivered([gone]));
    expect(lost(given)).toEqual([['log_1', 'not_found', undefined]]);
    expect(given.events).toEqual(['RequestLogLost']);
  });

  test('because it was sealed for another project, or another line (I5)', async () => {
    const given = scene();
    const [one, other] = [await sealed(given, 'log_1'), message('log_2', { content: 'sealed', projectId: 'proj_2' })];
    await given.bodies.put(inboxKey(other), (await given.bodies.get(inboxKey(one))) ?? new Uint8Array());
    await createWriteLog(given.deps)(delivered([other]));
    expect(lost(given)).toEqual([['log_2', 'unreadable', undefined]]);
  });

  test('because the deployment has lost its key', async () => {
    const given = scene();
    const files = folderLogFiles({ folder: temporaryFolder(), secret: undefined, newNonce });
    const messages = [await sealed(given, 'log_1')];
    await createWriteLog({ ...given.deps, files })(delivered(messages));
    expect(given.events).toEqual(['RequestLogLost']);
    expect(given.inbox()).toEqual([]);
  });

  test('because the project has no secret', async () => {
    const given = scene({ secret: null });
    await createWriteLog(given.deps)(delivered([await sealed(given, 'log_1')]));
    expect(lost(given)).toEqual([['log_1', 'no_secret', undefined]]);
  });

  test('and is not written over a line that has it', async () => {
    const given = scene();
    const one = await sealed(given, 'log_1');
    const write = createWriteLog(given.deps);
    await write(delivered([one]));
    // SQS does not count every delivery.
    await write(delivered([one]));
    expect(given.files()).toHaveLength(2);
  });
});

describe('in S3', () => {
  let bucket: ScriptedBucket;
  const aws = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    dynamodbEndpoint: undefined,
  };
  beforeAll(async () => {
    bucket = await scriptedBucket();
    process.env['AWS_ENDPOINT_URL_S3'] = bucket.endpoint;
  });
  afterAll(async () => {
    delete process.env['AWS_ENDPOINT_URL_S3'];
    await bucket.stop();
  });

  test('what was said is under the customer’s key, and each object has the tag by which it expires', async () => {
    const given = scene({ files: s3LogFiles(aws, { bucket: 'log_bucket', kmsKeyArn: keyArn }) });
    const messages = [message('log_1', { retentionDays: '7' }), await sealed(given, 'log_2')];
    expect(await createWriteLog(given.deps)(delivered(messages))).toEqual([]);
    const [plain, encrypted] = [...bucket.objects].map(([path, bytes]) => ({
      path,
      headers: bucket.headers.get(path) ?? {},
      text: bytes.toString(),
    }));
    expect(plain?.path).toMatch(/^\/log_bucket\/request-logs\/proj_1\/2026\/11\/22\/10-[\w-]{22}\.7d\.jsonl$/);
    expect(plain?.headers).toMatchObject({ 'x-amz-tagging': 'sluice-retention-days=7' });
    expect(plain?.headers['x-amz-server-side-encryption']).toBeUndefined();
    expect(encrypted?.headers).toMatchObject({
      'x-amz-tagging': 'sluice-retention-days=30',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': keyArn,
      'x-amz-server-side-encryption-bucket-key-enabled': 'true',
    });
    expect(JSON.parse(encrypted?.text ?? '')).toEqual({
      id: 'log_2',
      object: 'request_log.line',
      content: { request: 'said in log_2' },
    });
  });

  test('nothing that was said is written without a key', async () => {
    const files = s3LogFiles(aws, { bucket: 'log_bucket', kmsKeyArn: undefined });
    const file = { key: 'request-logs/a', retentionDays: 1, entries: [{ facts: '{"a":1}', content: '{}' }] };
    await expect(files.write(file)).rejects.toThrow('without a key');
    expect(bucket.objects.has('/log_bucket/request-logs/a')).toBe(false);
  });

  test('that is down is told, and the messages come again', async () => {
    const given = scene({ files: s3LogFiles(aws, { bucket: 'log_bucket', kmsKeyArn: keyArn }) });
    bucket.refusal = { matches: /^PUT/, status: 403, code: 'AccessDenied' };
    expect(await createWriteLog(given.deps)(delivered([message('log_9')]))).toEqual(['sqs-0']);
    bucket.refusal = null;
  });
});

test('content that cannot be asked for comes again by itself, and keeps none of a hundred others away', async () => {
  const given = scene();
  const messages: RequestLogMessage[] = [];
  for (let number = 100; number < 200; number += 1) messages.push(await sealed(given, `log_${number}`));
  let isRefused = true;
  const deps: WriteLogDeps = {
    ...given.deps,
    inbox: {
      ...given.bodies,
      async get(key) {
        if (isRefused && key.endsWith('log_142')) throw new Error('refused');
        return given.bodies.get(key);
      },
    },
  };
  const failed = await createWriteLog(deps)(delivered(messages));
  expect(failed).toEqual(['sqs-42']);
  expect(given.lines()).toHaveLength(99);
  expect(given.inbox()).toEqual([expect.stringContaining('log_142')]);
  isRefused = false;
  const again = delivered(messages, 2).filter(({ messageId }) => failed.includes(messageId));
  expect(await createWriteLog(deps)(again)).toEqual([]);
  expect(given.lines().map(({ content }) => content)).toEqual(messages.map(({ id }) => ({ request: `said in ${id}` })));
  expect(given.inbox()).toEqual([]);
});
