/** The project that a control-plane path names. */
import { GatewayError } from '../errors.ts';
import type { ProjectPolicy } from '../limits/limits.ts';
import type { Project } from './project.ts';
import type { ProjectStore } from './project-store.ts';

export const noSuchProject = (): GatewayError =>
  new GatewayError('not_found', { message: 'There is no such project.' });

export const projectIsArchived = (): GatewayError =>
  new GatewayError('conflict', { message: 'The project is archived, and archived projects do not change.' });

export async function existingProject(projects: ProjectStore, id: string | undefined): Promise<Project> {
  const project = id === undefined ? undefined : await projects.get(id);
  if (!project) throw noSuchProject();
  return project;
}

export async function activeProject(projects: ProjectStore, id: string | undefined): Promise<Project> {
  const project = await existingProject(projects, id);
  if (project.archivedAt !== null) throw projectIsArchived();
  return project;
}

/** Two administrators at once are likely, five in a row are not. */
const maxAttempts = 5;

/** Decides on the project as it is, and changes it if it still is that: no change of another's is lost. */
export async function changePolicy(
  projects: ProjectStore,
  id: string | undefined,
  decide: (project: Project) => Partial<ProjectPolicy>,
): Promise<{ readonly before: Project; readonly after: Project }> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const before = await activeProject(projects, id);
    const after = await projects.changePolicy(before, decide(before));
    if (after) return { before, after };
  }
  throw new GatewayError('conflict', { message: 'Others change the project at the same time. Try again.' });
}
