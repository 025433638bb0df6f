/** What `npm run bench` gives the functions is enough for each of them to start. */
import { coldImports } from '../../bench/cold-imports.ts';
import { queues } from '../../infra/queues.ts';
import { deployedRoutes } from '../../infra/routes.ts';
import { schedules } from '../../infra/schedules.ts';

const callers: readonly { readonly function: string }[] = [...deployedRoutes, ...schedules, ...queues];

test('the import of every function is measured', async () => {
  const { functions } = await coldImports(1);
  const measured = functions.map(({ name }) => name);
  expect(measured).toEqual(expect.arrayContaining(callers.map((caller) => caller.function)));
}, 240_000);
