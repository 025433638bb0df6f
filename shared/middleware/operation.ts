/** One operation of the API: its route, what it reads, and what it does. */
import type * as z from 'zod/mini';
import type { Call } from '../http/call.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Audience, Route } from '../http/route.ts';
import type { InferenceCall, ModelRequest } from '../inference/attempts.ts';
import type { AdminCaller, Anyone, ProjectCaller } from '../keys/caller.ts';
import type { ReadBody } from './json-body.ts';

type CallerOf = { anyone: Anyone; project: ProjectCaller; admin: AdminCaller };

/** A GET reads its query, a POST its body, and an operation without a schema neither. */
export type Operation = {
  readonly route: Route;
  readonly schema: z.ZodMiniType | null;
  readonly run: (call: Call) => Promise<HttpResponse>;
  /** Of a route whose body may be something else than JSON: form-operation.ts. */
  readonly readInput?: (event: GatewayEvent, schema: z.ZodMiniType) => ReadBody<unknown> | Promise<ReadBody<unknown>>;
  /** What it asks of a model: such an operation is admitted before it runs. */
  readonly asks?: (body: unknown) => ModelRequest;
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

/** An operation that asks a model. By the time `run` is called it has been admitted, and its first attempt is in the ledger. */
export const modelOperation = <Input>(
  route: Route & { readonly audience: 'project' },
  schema: z.ZodMiniType<Input>,
  asks: (body: Input) => ModelRequest,
  run: (call: InferenceCall) => Promise<HttpResponse>,
): Operation => ({
  route,
  schema,
  asks: asks as unknown as NonNullable<Operation['asks']>,
  run: run as unknown as Operation['run'],
});
