/**
 * JSON that a model writes, as segments, wherever it is cut. What is sought in it is sought in what its strings say, so
 * that an address does not pass as `a\u0040b.c`. What a model writes need not be JSON: nothing is ever refused.
 */
import { type Segment, segmentOf } from './segment.ts';

export type JsonSegments = {
  readonly push: (written: string) => readonly Segment[];
  /** What was kept back because it is cut: half an escape, a number that may go on. */
  readonly end: () => readonly Segment[];
};

const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
  '/': '/',
};

/** Numbers and literals are short. What is longer is neither. */
const maxTokenLength = 256;

const inString = /[^"\\]+/y;
const structure = /[{}[\]:,\s]+/y;
const token = /[^{}[\]:,\s"]+/y;
const hexadecimal = /^[0-9a-fA-F]$/;

function runAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

export function createJsonSegments(): JsonSegments {
  let insideString = false;
  /** The escape or the token that has begun. */
  let begun = '';
  let segments: Segment[] = [];

  function flush(): void {
    if (begun !== '') segments.push(segmentOf(begun, insideString ? 'string' : 'token'));
    begun = '';
  }

  /** Goes on with an escape; false where the character is none of it. */
  function continueEscape(character: string): boolean {
    if (begun.length === 1 && character !== 'u') {
      segments.push(segmentOf(begun + character, 'string', simpleEscapes[character] ?? begun + character));
      begun = '';
      return true;
    }
    if (begun.length > 1 && !hexadecimal.test(character)) {
      flush();
      return false;
    }
    begun += character;
    if (begun.length === 6) {
      segments.push(segmentOf(begun, 'string', String.fromCharCode(Number.parseInt(begun.slice(2), 16))));
      begun = '';
    }
    return true;
  }

  /** One past what was read of a string. */
  function readString(written: string, at: number): number {
    const character = written.charAt(at);
    if (begun !== '') return continueEscape(character) ? at + 1 : at;
    if (character === '\\') {
      begun = character;
      return at + 1;
    }
    if (character === '"') {
      insideString = false;
      segments.push(segmentOf(character, 'structure'));
      return at + 1;
    }
    const run = runAt(inString, written, at);
    segments.push(segmentOf(run, 'string'));
    return at + run.length;
  }

  function readOutside(written: string, at: number): number {
    const run = runAt(token, written, at);
    if (run !== '') {
      begun += run;
      if (begun.length > maxTokenLength) flush();
      return at + run.length;
    }
    flush();
    if (written.charAt(at) === '"') {
      insideString = true;
      segments.push(segmentOf('"', 'structure'));
      return at + 1;
    }
    const between = runAt(structure, written, at);
    segments.push(segmentOf(between, 'structure'));
    return at + between.length;
  }

  function taken(): readonly Segment[] {
    const all = segments;
    segments = [];
    return all;
  }

  return {
    push(written) {
      for (let at = 0; at < written.length; ) at = insideString ? readString(written, at) : readOutside(written, at);
      return taken();
    },
    end() {
      flush();
      return taken();
    },
  };
}

export const plainSegments: JsonSegments = {
  push: (written) => (written === '' ? [] : [segmentOf(written, 'plain')]),
  end: () => [],
};
