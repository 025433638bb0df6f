/** The functions of the table, loaded as Lambda loads them: each module once, by its `handler`. */
import type { Route } from '../../shared/http/route.ts';
import { installAwsLambdaGlobal } from './aws-lambda-global.ts';
import type { LambdaHandler } from './invoke.ts';
import type { Functions } from './server.ts';

/** The environment must be complete by now: the functions read it when they are loaded. */
export async function loadFunctions(routes: readonly Route[]): Promise<Functions> {
  installAwsLambdaGlobal();
  const names = [...new Set(routes.map((route) => route.function))];
  const loaded = await Promise.all(
    names.map(async (name) => {
      const { handler } = (await import(`../../functions/${name}.ts`)) as { handler: LambdaHandler };
      return [name, handler] as const;
    }),
  );
  return new Map(loaded);
}
