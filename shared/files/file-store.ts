/** The files of projects. Down: 503 (I12). */
import type { FilePurpose, StoredFile } from './file.ts';

export type FileQuery = {
  readonly purpose?: FilePurpose;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The id of the file that came last. */
  readonly after?: string;
};

export interface FileStore {
  /** The same file twice is one file. */
  create(file: StoredFile): Promise<void>;
  get(projectId: string, id: string): Promise<StoredFile | undefined>;
  list(projectId: string, query: FileQuery): Promise<{ readonly files: readonly StoredFile[]; readonly more: boolean }>;
  /** False where there is none. */
  delete(projectId: string, id: string): Promise<boolean>;
}
