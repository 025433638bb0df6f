/** The project that a control-plane path names. */
import { GatewayError } from '../errors.ts';
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
