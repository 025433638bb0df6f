/** The development set: one JSON value after the other, whose strings may hold control characters as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Row = {
  readonly label: 'injection' | 'benign';
  readonly family: string;
  readonly source: string;
  readonly text: string;
};

/** A value ends where a line does, outside of a string; JSON.parse wants control characters escaped. */
export function readRows(folder: string): Row[] {
  const rows: Row[] = [];
  let pending = '';
  for (const line of readFileSync(join(folder, 'injection-dev.jsonl'), 'utf8').split('\n')) {
    pending = pending === '' ? line : `${pending}\\n${line}`;
    if (pending.trim() === '' || !/"\}\s*$/.test(pending)) continue;
    rows.push(
      JSON.parse(
        pending.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`),
      ) as Row,
    );
    pending = '';
  }
  return rows;
}
