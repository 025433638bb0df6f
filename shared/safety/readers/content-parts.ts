/** The content of a message: a string, or parts. https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages */
import { GatewayError } from '../../errors.ts';
import { paramOf } from '../../http/param.ts';
import { isObject, itemsOf, knownOrRefused, member } from '../members.ts';
import type { Reading } from '../reading.ts';
import type { Path } from '../request-text.ts';

/** Stored at the provider, fetched by it, or sound. */
function noteUnreadable(reading: Reading, path: Path, part: unknown): void {
  if (member(part, 'type') === 'input_audio') reading.unreadable(path);
  const files: readonly (readonly [Path, unknown])[] = [
    [path, part],
    [[...path, 'file'], member(part, 'file')],
  ];
  for (const [place, file] of files) {
    for (const name of ['file_id', 'file_url']) {
      if (member(file, name) != null) reading.unreadable([...place, name]);
    }
  }
}

/** What is in them is left to be walked through; here they are only known, or refused. */
export function checkContent(reading: Reading, path: Path, content: unknown, known: ReadonlySet<string>): void {
  if (content == null || typeof content === 'string') return;
  if (!Array.isArray(content)) {
    throw new GatewayError('invalid_request', {
      message: 'Content has to be a string or a list of parts.',
      param: paramOf(path),
    });
  }
  for (const [place, part] of itemsOf(path, content)) {
    const typePlace = isObject(part) ? [...place, 'type'] : place;
    knownOrRefused(typePlace, member(part, 'type'), 'a part of content', known);
    noteUnreadable(reading, place, part);
  }
}
