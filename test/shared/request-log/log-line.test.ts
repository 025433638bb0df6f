/** Which calls are logged, and where. */
import { folderOf, objectKey, requestLogMessageSchema } from '../../../shared/request-log/log-line.ts';
import { isSampled } from '../../../shared/request-log/sampled.ts';

const requests = Array.from({ length: 4_000 }, (_, index) => `request-${index}`);

test.each([0, 0.01, 0.25, 0.5, 0.99, 1])('a share of %p is that share of the requests', (share) => {
  const found = requests.filter((id) => isSampled(id, share)).length / requests.length;
  expect(Math.abs(found - share)).toBeLessThan(0.03);
});

test('the same request has the same verdict, and stays in every larger share', () => {
  const small = requests.filter((id) => isSampled(id, 0.1));
  expect(small.every((id) => isSampled(id, 0.1) && isSampled(id, 0.2))).toBe(true);
});

test('an object lies by project, day and hour in UTC, under a name that its lines make', () => {
  const folder = folderOf({ projectId: 'proj_1', receivedAtMs: String(Date.parse('2026-11-22T23:59:59.999Z')) });
  expect(folder).toBe('request-logs/proj_1/2026/11/22/23');
  const key = objectKey(folder, 30, ['log_1', 'log_2']);
  expect(key).toMatch(/^request-logs\/proj_1\/2026\/11\/22\/23-[\w-]{22}\.30d\.jsonl$/);
  expect(objectKey(folder, 30, ['log_1', 'log_2'])).toBe(key);
  expect(objectKey(folder, 30, ['log_1', 'log_3'])).not.toBe(key);
});

test.each(['../proj', 'proj/1', '', 'a'.repeat(129)])('a message of the project %j is not worked on', (projectId) => {
  const message = { projectId, id: 'log_1', receivedAtMs: '1', retentionDays: '1', line: '{}', content: 'none' };
  expect(requestLogMessageSchema.safeParse({ ...message, projectId: 'proj_1' }).success).toBe(true);
  expect(requestLogMessageSchema.safeParse(message).success).toBe(false);
});
