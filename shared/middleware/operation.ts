/** One operation of the API: its route, what it reads, and what it does. */
import type * as z from 'zod/mini';
import type { Call } from '../http/call.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Audience, Route } from '../http/route.ts';
import type { AdminCaller, Anyone, ProjectCaller } from '../keys/caller.ts';

type CallerOf = { anyone: Anyone; project: ProjectCaller; admin: AdminCaller };

/** A GET reads its query, a POST its body, and an operation without a schema neither. */
export type Operation = {
  readonly route: Route;
  readonly schema: z.ZodMiniType | null;
  readonly run: (call: Call) => Promise<HttpResponse>;
};

/**
 * Ties a route to its handler. The pipeline has checked the caller against the
 * route's audience and the input against the schema by the time `run` is called,
 * which is what the casts below rely on.
 */
export const operation = <For extends Audience, Input>(
  route: Route & { readonly audience: For },
  schema: z.ZodMiniType<Input> | null,
  run: (call: Call<Input, CallerOf[For]>) => Promise<HttpResponse>,
): Operation => ({ route, schema, run: run as unknown as Operation['run'] });
