/** What the queue `requestLog` calls: writes what its messages tell of calls into the request log of their projects. */
import { live } from '../shared/deps.ts';
import { queueBatchHandler } from '../shared/queues/queue-batch-handler.ts';
import { requestLogMessageSchema } from '../shared/request-log/log-line.ts';
import { createWriteLog, type WriteLogDeps } from '../shared/request-log/write-log.ts';
import { writeLogDeps } from '../shared/request-log-deps.ts';

export const createHandler = (deps: WriteLogDeps) =>
  queueBatchHandler(deps, requestLogMessageSchema, createWriteLog(deps));

export const handler = createHandler(writeLogDeps(live(process.env)));
