/** Files, and what is made of them in batches. */
import type { Route } from '../../shared/http/route.ts';

export const batchRoutes = [
  {
    operationId: 'listFiles',
    method: 'GET',
    path: '/files',
    function: 'files',
    audience: 'project',
    scope: 'api.files.read',
    tables: { files: ['read', 'list'] },
    summary: 'Lists the files of the project, newest first unless told otherwise.',
  },
  {
    operationId: 'retrieveFile',
    method: 'GET',
    path: '/files/{file_id}',
    function: 'files',
    audience: 'project',
    scope: 'api.files.read',
    tables: { files: ['read'] },
    summary: 'Describes one file.',
  },
  {
    operationId: 'deleteFile',
    method: 'DELETE',
    path: '/files/{file_id}',
    function: 'files',
    audience: 'project',
    scope: 'api.files.write',
    tables: { files: ['read', 'write'] },
    files: true,
    summary: 'Deletes a file, for good.',
  },
] as const satisfies readonly Route[];
