/**
 * The API as data. This is the only list of routes: CDK builds API Gateway and
 * the roles of the functions from it, the local host serves it, the OpenAPI
 * document describes it and the security battery of the tests walks it. It is in
 * parts, so that a function loads those of its own part alone (I9).
 *
 * Paths are relative to the stage `v1`, in API Gateway's own notation.
 */
import type { Route } from '../shared/http/route.ts';
import { batchRoutes } from './routes/batches.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { limitRoutes } from './routes/limits.ts';
import { modelRoutes } from './routes/models.ts';
import { operationRoutes } from './routes/operations.ts';
import { policyRoutes } from './routes/policies.ts';
import { projectRoutes } from './routes/projects.ts';
import { toolRoutes } from './routes/tools.ts';

export const routes = [
  ...operationRoutes,
  ...modelRoutes,
  ...conversationRoutes,
  ...batchRoutes,
  ...toolRoutes,
  ...projectRoutes,
  ...limitRoutes,
  ...policyRoutes,
] as const;

/** Those of the stack. */
export const deployedRoutes: readonly Route[] = routes.filter((route) => !('localOnly' in route));

export type OperationId = (typeof routes)[number]['operationId'];
export type FunctionName = (typeof routes)[number]['function'];
