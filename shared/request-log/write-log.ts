/**
 * What the worker makes of the messages of one call: an object of lines for each project, hour and retention.
 *
 *   inbox ──get──▶ lines ──put──▶ object ──▶ inbox deleted ──▶ messages deleted
 *
 * Killed between any two of these, it is called again with the same messages. Together as before, they are the same object,
 * which is written over; what has left the inbox was written before. Messages that come again in other company after
 * such a kill become a second line, which has the same `id`: those without content, and those that were still in the inbox.
 */
import type { BodyStore } from '../bodies/body-store.ts';
import type { Log } from '../observability/log.ts';
import type { CountEvent } from '../observability/metrics.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { Identified } from '../queues/queue-batch-handler.ts';
import type { LogEntry, LogFiles } from './log-files.ts';
import { type ContentLoss, folderOf, inboxKey, objectKey, type RequestLogMessage } from './log-line.ts';
import { openRecord } from './sealed-record.ts';

export type WriteLogDeps = {
  readonly inbox: Pick<BodyStore, 'get' | 'delete'>;
  readonly projects: Pick<ProjectStore, 'get'>;
  readonly files: LogFiles;
  readonly log: Log;
  readonly countEvent: CountEvent;
};

type Delivered = Identified<RequestLogMessage>;

/** Rejects where nothing was written. The ids of messages that are to be delivered again. */
export type WriteLog = (deliveries: readonly Delivered[]) => Promise<readonly string[]>;

/** At the same time: each is in memory up to four times while it is opened. */
const openedAtOnce = 10;

export const createWriteLog =
  (deps: WriteLogDeps): WriteLog =>
  async (deliveries) => {
    const isSealed = ({ content }: RequestLogMessage) => content === 'sealed' && deps.files.hasContentKey;
    const groups = Map.groupBy(
      deliveries,
      ({ message }) => `${folderOf(message)} ${message.retentionDays} ${isSealed(message)}`,
    );
    const failed: string[] = [];
    // One after the other: a group may hold tens of megabytes.
    for (const group of groups.values()) {
      try {
        failed.push(...(await writeGroup(deps, group)));
      } catch (error) {
        deps.log.error('request log not written', { projectId: group[0]?.message.projectId, error });
        failed.push(...group.map(({ messageId }) => messageId));
      }
    }
    return failed;
  };

/** Rejects where nothing was written. The ids of messages whose content could not be asked for: the others do not wait for it. */
async function writeGroup(deps: WriteLogDeps, group: readonly Delivered[]): Promise<readonly string[]> {
  const { inbox, files, log } = deps;
  // Sent twice, a message is delivered twice, and has one line.
  const once = [...new Map(group.map((delivery) => [delivery.message.id, delivery])).values()];
  const inOrder = once.toSorted((a, b) => (a.message.id < b.message.id ? -1 : 1));
  const [first] = inOrder;
  if (!first) return [];
  const secretOf = secretsOf(deps);
  const entries: (LogEntry | null)[] = [];
  const unread = new Set<string>();
  for (let from = 0; from < inOrder.length; from += openedAtOnce) {
    const some = inOrder.slice(from, from + openedAtOnce);
    const read = await Promise.allSettled(some.map((delivery) => entryOf(deps, secretOf, delivery)));
    for (const [index, one] of read.entries()) {
      entries.push(one.status === 'fulfilled' ? one.value : null);
      if (one.status === 'fulfilled') continue;
      const { projectId = '', id = '' } = some[index]?.message ?? {};
      log.error('request log not written', { projectId, logId: id, error: one.reason });
      unread.add(id);
    }
  }
  const written = entries.filter((entry) => entry !== null);
  if (written.length > 0) {
    const retentionDays = Number(first.message.retentionDays);
    // One without its content must not be written over one that has it.
    const names = inOrder.flatMap(({ message: { id } }, index) => {
      const entry = entries[index];
      return entry ? [entry.content === null ? id : `${id} with content`] : [];
    });
    await files.write({
      key: objectKey(folderOf(first.message), retentionDays, names),
      retentionDays,
      entries: written,
    });
  }
  const emptied = inOrder.filter(({ message }) => message.content === 'sealed' && !unread.has(message.id));
  await Promise.all(emptied.map(({ message }) => inbox.delete(inboxKey(message)))).catch((error: unknown) =>
    // Time deletes it.
    log.warn('inbox of the request log not emptied', { projectId: first.message.projectId, error }),
  );
  return group.filter(({ message }) => unread.has(message.id)).map(({ messageId }) => messageId);
}

type SecretOf = (projectId: string) => Promise<string | null>;

/** Each project is looked up once for a group, and not before there is something to open. */
function secretsOf({ projects }: WriteLogDeps): SecretOf {
  const known = new Map<string, Promise<string | null>>();
  return (projectId) => {
    const secret = known.get(projectId) ?? projects.get(projectId).then((project) => project?.contentSecret ?? null);
    known.set(projectId, secret);
    return secret;
  };
}

/** Null where an earlier delivery has written it. */
async function entryOf(
  { inbox, files, log, countEvent }: WriteLogDeps,
  secretOf: SecretOf,
  { message, receives }: Delivered,
): Promise<LogEntry | null> {
  const without = (loss: ContentLoss | null): LogEntry => ({
    facts: loss === null ? message.line : `${message.line.slice(0, -1)},"content_lost":"${loss}"}`,
    content: null,
  });
  const lost = (loss: ContentLoss, error?: unknown): LogEntry => {
    log.error('content not logged', { projectId: message.projectId, logId: message.id, why: loss, error });
    countEvent('RequestLogLost');
    return without(loss);
  };
  if (message.content !== 'sealed') return without(message.content === 'none' ? null : message.content);
  if (!files.hasContentKey) return lost('no_key');
  const sealed = await inbox.get(inboxKey(message));
  if (!sealed) return receives > 1 ? null : lost('not_found');
  const secret = await secretOf(message.projectId);
  if (secret === null) return lost('no_secret');
  try {
    return { facts: message.line, content: openRecord(secret, message, sealed) };
  } catch (error) {
    return lost('unreadable', error);
  }
}
