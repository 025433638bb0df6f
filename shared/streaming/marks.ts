/**
 * What to look for in the bytes of a stream, so that only few frames need
 * parsing. A JSON string cannot hold a bare quote, so `"usage"` outside of an
 * escape is a name or a whole string; with a colon behind it, it is a name.
 */

const names = {
  usage: Buffer.from('"usage"'),
  finish: Buffer.from('"finish_reason"'),
};
/** Without quotes, since it is a member's name or an event's: one search finds both. */
const error = Buffer.from('error');
const event = Buffer.from('event:');
const end = Buffer.from('[DONE]');
const blankLine = Buffer.from('\n\n');
const blankLineOfCrLf = Buffer.from('\n\r\n');
const blankLineOfCr = Buffer.from('\r\r');

const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const colon = 0x3a;
const openBrace = 0x7b;
/** Of `null`. */
const letterN = 0x6e;

const skipSpaces = (run: Buffer, from: number): number => {
  let at = from;
  while (run[at] === space) at++;
  return at;
};

/** How many members of that name have a value that starts as told. */
function count(run: Buffer, name: Buffer, starts: (at: number) => boolean): number {
  let found = 0;
  for (let at = run.indexOf(name); at !== -1; at = run.indexOf(name, at + 1)) {
    const behind = skipSpaces(run, at + name.length);
    if (run[behind] === colon && starts(skipSpaces(run, behind + 1))) found++;
  }
  return found;
}

/** Choices that end in this run. Some providers give an empty reason as long as there is none. */
export const countFinished = (run: Buffer): number =>
  count(run, names.finish, (at) => run[at] === quote && run[at + 1] !== quote);

const occurrences = (run: Buffer, what: Buffer): number => {
  let found = 0;
  for (let at = run.indexOf(what); at !== -1; at = run.indexOf(what, at + what.length)) found++;
  return found;
};

export const countFrames = (run: Buffer): number =>
  Math.max(
    1,
    occurrences(run, blankLine) +
      occurrences(run, blankLineOfCrLf) +
      (run.at(-1) === carriageReturn ? occurrences(run, blankLineOfCr) : 0),
  );

/** Is it `"error":` with something to say, or `event: error`? */
function isError(run: Buffer, at: number): boolean {
  const behind = at + error.length;
  if (run[at - 1] === quote && run[behind] === quote) {
    const value = skipSpaces(run, behind + 1);
    return run[value] === colon && run[skipSpaces(run, value + 1)] !== letterN;
  }
  const before = run[at - 1] === space ? at - 1 : at;
  return run.subarray(Math.max(0, before - event.length), before).equals(event);
}

function saysError(run: Buffer): boolean {
  for (let at = run.indexOf(error); at !== -1; at = run.indexOf(error, at + error.length)) {
    if (isError(run, at)) return true;
  }
  return false;
}

/** Does any frame of the run say something that the gateway must understand? */
export const needsParsing = (run: Buffer): boolean =>
  count(run, names.usage, (at) => run[at] === openBrace) > 0 || saysError(run) || run.includes(end);

/** The name of an event that says a piece of a text: it ends so, and text cannot, where a quote is escaped. */
const delta = Buffer.from('.delta"');

/** Pieces of text in a run of a response's events: about a token each. */
export const countDeltas = (run: Buffer): number => occurrences(run, delta);

/** Of how a response stands, only events tell that hold it, or an error. */
const response = Buffer.from('"response"');

export const saysStanding = (run: Buffer): boolean =>
  run.includes(response) || run.includes(error) || run.includes(end);

/** A comment is no answer; the status is not committed for one. */
export const hasData = (run: Buffer): boolean => run.includes('data:');
