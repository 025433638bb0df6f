/**
 * The functions that queues call, as data: CDK makes queues, event source mappings
 * and roles of them, and the local host delivers to them from a table.
 */

import { maxDeliveries } from '../shared/background-responses/background-response.ts';
import type { TableAccess } from '../shared/http/route.ts';
import { routeIn } from '../shared/http/route.ts';
import type { QueueName } from '../shared/queues/queue.ts';
import type { TableName } from '../shared/tables.ts';
import { modelRoutes } from './routes/models.ts';

export type QueueDefinition = {
  readonly name: QueueName;
  /** The file in `functions/` that works on its messages. */
  readonly function: string;
  /**
   * How long a message is kept from others while it is worked on. On AWS no shorter than the function may run; one
   * machine says again and again that it is still at work, and is soon known to be dead.
   */
  readonly visibilitySeconds: number;
  readonly localVisibilitySeconds: number;
  /** Messages for one call of the function. */
  readonly batchSize: number;
  /** For how long messages are gathered before it is called. Absent: not at all. */
  readonly batchingWindowSeconds?: number;
  /** Calls at the same time: what it leaves is for those who wait for their answers. */
  readonly maxConcurrency: number;
  /** After so many deliveries that came to nothing a message is a dead letter. */
  readonly maxReceives: number;
  readonly tables: Readonly<Partial<Record<TableName, readonly TableAccess[]>>>;
  /** As of routes: shared/http/route.ts. */
  readonly providers?: true;
  readonly bodies?: true;
  readonly deletesBodies?: true;
  readonly files?: true;
  /** Does it write the request log, of what lies in its inbox among the bodies? */
  readonly requestLogs?: true;
  /** The queues that its function sends to. */
  readonly queues?: readonly QueueName[];
  readonly summary: string;
};

const { idempotency: _, ...asAtOnce } = routeIn(modelRoutes, 'createResponse').tables;
const { idempotency: __, ...embedding } = routeIn(modelRoutes, 'createEmbedding').tables;

export const queues = [
  {
    name: 'responses',
    function: 'background-responses',
    visibilitySeconds: 960,
    localVisibilitySeconds: 60,
    // Each may take as long as a function runs.
    batchSize: 1,
    maxConcurrency: 50,
    maxReceives: maxDeliveries,
    // As the call that is answered at once; what the key may do is looked up.
    tables: { ...asAtOnce, keys: ['read'], projects: ['read'], backgroundResponses: ['read', 'write'] },
    bodies: true,
    deletesBodies: true,
    providers: true,
    queues: ['responses', 'requestLog'],
    summary: 'Makes the responses that were asked for in the background.',
  },
  {
    name: 'requestLog',
    function: 'request-log',
    visibilitySeconds: 960,
    localVisibilitySeconds: 60,
    // As many lines as possible in one object.
    batchSize: 100,
    batchingWindowSeconds: 60,
    maxConcurrency: 5,
    maxReceives: 5,
    tables: { projects: ['read'] },
    requestLogs: true,
    summary: 'Writes down what the policies of projects have logged of their calls.',
  },
  {
    name: 'batches',
    function: 'batch-lanes',
    visibilitySeconds: 960,
    localVisibilitySeconds: 60,
    batchSize: 1,
    // Times the lines of a lane: what batches may have under way altogether.
    maxConcurrency: 25,
    maxReceives: 4,
    tables: {
      ...asAtOnce,
      ...embedding,
      keys: ['read'],
      projects: ['read'],
      files: ['read', 'write'],
      batches: ['read', 'list', 'write'],
      batchLines: ['read', 'list', 'write'],
    },
    bodies: true,
    deletesBodies: true,
    files: true,
    providers: true,
    queues: ['batches', 'requestLog'],
    summary: 'Goes through the batches of projects: checks them, asks their lines, writes their files.',
  },
] as const satisfies readonly QueueDefinition[];

export type QueuedFunctionName = (typeof queues)[number]['function'];
