/**
 * Prints the request log of one machine as JSON lines, with the content that is sealed in its files:
 * `node infra/local/read-request-log.ts [project_id]`. SLUICE_DATA names another folder than `.sluice`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { openLine } from '../../shared/request-log/folder-log-files.ts';
import { logsPrefix } from '../../shared/request-log/log-line.ts';
import { loadSecrets } from './secrets-file.ts';

type Line = { readonly [name: string]: unknown };

/** In the order in which the calls were received. */
export function readRequestLog(logs: string, secret: string, projectId = ''): Line[] {
  const folder = join(logs, logsPrefix, projectId);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'))
    .map((entry) => relative(logs, join(entry.parentPath, entry.name)));
  const lines = files.flatMap((file) =>
    readFileSync(join(logs, file), 'utf8')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => opened(JSON.parse(text) as Line, secret, file)),
  );
  // Delivered twice, a call may have two lines with the same id.
  const once = [...new Map(lines.map((line) => [String(line['id']), line])).values()];
  return once.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

/** Ids are of when a call was logged, which is after its answer. */
const placeOf = ({ received_at, id }: Line): string => `${received_at} ${id}`;

function opened({ sealed_content: sealed, ...line }: Line, secret: string, file: string): Line {
  return typeof sealed === 'string' ? { ...line, content: openLine(secret, file, sealed) } : line;
}

if (import.meta.main) {
  const folder = resolve(process.env['SLUICE_DATA'] ?? '.sluice');
  const { requestLogKey } = loadSecrets(folder);
  for (const line of readRequestLog(folder, requestLogKey, process.argv[2]))
    process.stdout.write(`${JSON.stringify(line)}\n`);
}
