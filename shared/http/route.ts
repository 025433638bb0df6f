/** One route of the API, as `infra/routes.ts` lists it. */
import type { QueueName } from '../queues/queue.ts';
import { type TableName, tableNames } from '../tables.ts';

/**
 * Who may call a route. `anyone` needs no key, `project` a project's API key,
 * `admin` an admin key: never the one in place of the other.
 */
export type Audience = 'anyone' | 'project' | 'admin';

/** `read` is one item by its key, `list` many of a partition: checking a key must not make a function able to list keys. */
/** To `append` is to put and nothing else: what is there can be completed, and not deleted. */
/** To `probe` is to find out whether it answers. */
export type TableAccess = 'read' | 'list' | 'write' | 'append' | 'probe';

/** Of bodies too large for a table: to `keep` is to write and to read them. `files` is to do all of that with files alone, `inbox` to empty that of the request log. */
export type BodyAccess = 'keep' | 'delete' | 'files' | 'inbox';

export type Route = {
  readonly operationId: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the stage, with `{name}` for path parameters. */
  readonly path: string;
  /** The file in `functions/` that serves it. */
  readonly function: string;
  readonly audience: Audience;
  /** What the key must be allowed to; absent where no key is needed, or any will do. */
  readonly scope?: string;
  /** Another that it must be allowed to: what the route has done later in the key's name. */
  readonly alsoScope?: string;
  /** The tables that the operation touches besides those that `tablesOf` adds for the key. */
  readonly tables: Readonly<Partial<Record<TableName, readonly TableAccess[]>>>;
  /** Does it talk to model providers, and so need their credentials? */
  readonly providers?: true;
  /** Does it keep bodies that are too large for a table, and so need their bucket? */
  readonly bodies?: true;
  /** Does it touch the bytes of files, or of uploads? */
  readonly files?: true;
  /** The queues that it sends messages to. */
  readonly queues?: readonly QueueName[];
  /** Does it delete some of them before their time? */
  readonly deletesBodies?: true;
  /** Does it run the gateway's tools, and so call the functions that some of them are? */
  readonly runsTools?: true;
  /** Does it take a form with files, and nothing else or JSON as well? */
  readonly form?: 'required' | 'accepted';
  /** Its function has as much memory, and so as much of a processor, where this is more than others have. */
  readonly memoryMb?: number;
  /** Is the answer written to a Lambda response stream? */
  readonly streamed?: true;
  /** Does it look whether all stores, queues and providers are well? It sees of them that they answer, and nothing of what is in them. */
  readonly checksHealth?: true;
  /** Is there nothing for it to tell on AWS? Then it is not there. */
  readonly localOnly?: true;
  /** What a mutation of the control plane is called in the audit logs: OpenAI's name for it, or one in that manner. */
  readonly audit?: string;
  readonly summary: string;
};

/** Does it change the control plane? Such a call is written down, and may be repeated under an Idempotency-Key. */
export const isMutation = ({ audience, method }: Pick<Route, 'audience' | 'method'>): boolean =>
  audience === 'admin' && method !== 'GET';

/** What all the callers of a function need of the bodies. */
export const bodyAccessOf = (
  callers: readonly {
    readonly bodies?: true;
    readonly deletesBodies?: true;
    readonly files?: true;
    readonly requestLogs?: true;
  }[],
): readonly BodyAccess[] => [
  ...(callers.some(({ bodies }) => bodies) ? (['keep'] as const) : []),
  ...(callers.some(({ deletesBodies }) => deletesBodies) ? (['delete'] as const) : []),
  ...(callers.some(({ files }) => files) ? (['files'] as const) : []),
  ...(callers.some(({ requestLogs }) => requestLogs) ? (['inbox'] as const) : []),
];

type Access = Readonly<Partial<Record<TableName, readonly TableAccess[]>>>;

/** Checking a key reads it, its project and whether the address is blocked; one of the right kind is also marked as used. */
const forTheKey: Record<Audience, Access> = {
  anyone: {},
  project: { keys: ['read', 'write'], projects: ['read'], adminKeys: ['read'], blockedAddresses: ['read', 'write'] },
  admin: { keys: ['read'], projects: ['read'], adminKeys: ['read', 'write'], blockedAddresses: ['read', 'write'] },
};

/** A function, so that those who do not ask are not given the list of tables (I9). */
const everyTableProbed = (): Access => Object.fromEntries(tableNames.map((name) => [name, ['probe']]));

const forAMutation: Access = { auditLogs: ['append'], idempotency: ['read', 'write'] };

/** All that the role of the function behind these routes must allow, and no more. */
export const tablesOf = (routes: readonly Route[]): TablesTouched =>
  touched(
    routes.flatMap((route) => [
      route.tables,
      forTheKey[route.audience],
      isMutation(route) ? forAMutation : {},
      route.checksHealth ? everyTableProbed() : {},
    ]),
  );

export type TablesTouched = ReadonlyMap<TableName, ReadonlySet<TableAccess>>;

export function touched(accesses: readonly Access[]): TablesTouched {
  const needed = new Map<TableName, Set<TableAccess>>();
  for (const [name, access] of accesses.flatMap((one) => Object.entries(one))) {
    const table = name as TableName;
    needed.set(table, new Set([...(needed.get(table) ?? []), ...access]));
  }
  return needed;
}

/** A route by its operation, for the function that serves it. */
export function routeIn<const Routes extends readonly Route[], Id extends Routes[number]['operationId']>(
  routes: Routes,
  operationId: Id,
): Extract<Routes[number], { readonly operationId: Id }> {
  const route = routes.find((candidate) => candidate.operationId === operationId);
  if (!route) throw new Error(`No route is called ${operationId}`);
  return route as Extract<Routes[number], { readonly operationId: Id }>;
}
