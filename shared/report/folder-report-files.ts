/** Reports on one machine: files below a folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ReportFiles } from './report-files.ts';

export const folderReportFiles = (folder: string): ReportFiles => ({
  async put({ key, content }) {
    const file = join(folder, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  },
  link: (key) => pathToFileURL(resolve(folder, key)).href,
});
