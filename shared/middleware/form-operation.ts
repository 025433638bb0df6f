/** An operation that takes a form with files; JSON where its schema has a form that needs none. */
import type * as z from 'zod/mini';
import type { Call } from '../http/call.ts';
import { isForm } from '../http/form.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Route } from '../http/route.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { readFormBody } from './form-body.ts';
import { readBody } from './json-body.ts';
import { type Operation, operation } from './operation.ts';

export const formOperation = <Input>(
  route: Route & { readonly audience: 'project'; readonly form: NonNullable<Route['form']> },
  schema: z.ZodMiniType<Input>,
  run: (call: Call<Input, ProjectCaller>) => Promise<HttpResponse>,
): Operation => ({
  ...operation(route, schema, run),
  readInput: (event, checked) => {
    const contentType = event.headers['content-type'];
    return isForm(contentType) ? readFormBody(event, contentType, checked) : readBody(event, checked);
  },
});
