/** /v1/organization/projects: the tenants. `client.admin.organization.projects` of the `openai` package. */
import { projectRoutes } from '../infra/routes/projects.ts';
import { type ProjectsDeps, projectsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { existingProject, noSuchProject, projectIsArchived } from '../shared/projects/active-project.ts';
import { type Project, projectObject, projectSchema } from '../shared/projects/project.ts';
import { projectCreateSchema, projectListSchema, projectUpdateSchema } from '../shared/projects/schemas.ts';

export const createHandler = (deps: ProjectsDeps) => {
  const { projects, defaults, newId, newSecret, now } = deps;
  const seconds = () => Math.floor(now() / 1000);

  return gatewayHandler(deps, [
    operation(routeIn(projectRoutes, 'createProject'), projectCreateSchema, async ({ body, audit }) => {
      const project: Project = projectSchema.parse({
        id: newId('proj_'),
        name: body.name,
        createdAt: seconds(),
        archivedAt: null,
        ...defaults,
        shards: body.admission_shards,
        cacheSecret: newSecret(),
        contentSecret: newSecret(),
      });
      await projects.create(project);
      const { id, name } = project;
      audit({ id, projectId: id, requested: { name, title: name }, after: projectObject(project) });
      return json(200, projectObject(project));
    }),

    operation(routeIn(projectRoutes, 'listProjects'), projectListSchema, async ({ body }) =>
      json(200, pageObject(await projects.list(body, body.include_archived), projectObject)),
    ),

    operation(routeIn(projectRoutes, 'retrieveProject'), null, async ({ params }) =>
      json(200, projectObject(await existingProject(projects, params['project_id']))),
    ),

    operation(routeIn(projectRoutes, 'updateProject'), projectUpdateSchema, async ({ params, body, audit }) => {
      const before = await existingProject(projects, params['project_id']);
      const { id } = before;
      // Nothing to change is no error; the SDK sends null for what is to stay.
      const after = body.name == null ? before : await projects.rename(id, body.name);
      if (after === 'missing') throw noSuchProject();
      if (after === 'archived') throw projectIsArchived();
      const requested = { title: body.name ?? undefined };
      audit({ id, requested, before: projectObject(before), after: projectObject(after) });
      return json(200, projectObject(after));
    }),

    operation(routeIn(projectRoutes, 'archiveProject'), null, async ({ params, audit }) => {
      const before = await existingProject(projects, params['project_id']);
      const archived = await projects.archive(before.id, seconds());
      if (archived === 'missing') throw noSuchProject();
      audit({ id: before.id, before: projectObject(before), after: projectObject(archived) });
      return json(200, projectObject(archived));
    }),
  ]);
};

export const handler = buffered(createHandler(projectsDeps(live(process.env))));
