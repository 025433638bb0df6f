/** Names and queries that mean something to some parser, shell, path, header, table or human eye. */

const names: Record<string, readonly string[]> = {
  paths: ['.', '..', '...', '../..', '..\\..', '%2e%2e', '%2e%2e%2f', '..%2f..', '..%252f', '/', '//', '/etc/passwd'],
  urls: ['a/b', 'a%2Fb', 'a\\b', 'a?b=c', 'a#b', 'a&b', 'a;b', 'a%', '%', '%zz', '%00', '@', ':', '~', '-'],
  headers: ['a\r\nSet-Cookie: x=y', '\n', '\t', ' ', ' a', '\0', 'a\0b', '\u007f'],
  quotes: ["'", '"', "' OR '1'='1", '"; DROP TABLE keys; --', '`id`', '$(id)', '\u0024{x}', '{{x}}', '<script>'],
  patterns: ['{}', '{project_id}', '*', '**', '[]', '(', ')', '|', '^', '$ne'],
  letters: ['ünïcödé', '日本語', '\u202eabc', '\u200b', 'ａ', 'e\u0301', '\ud800', '😀', '𝓪'],
  words: ['root', 'key_root', '__proto__', 'constructor', 'toString', 'null', 'undefined', 'NaN', 'true', '0', '-1'],
  stored: ['organization', 'proj_', 'proj_x#2026-11-22', '1e309'],
  long: ['a'.repeat(128), 'a'.repeat(129), 'a'.repeat(10_000), '\u0130'.repeat(3_000)],
};
export const hostileNames = Object.values(names).flat();

const long = 'x'.repeat(3_000);

const queries: Record<string, readonly string[]> = {
  broken: ['?', '&', '&&&', '=', '=x', '%', '%zz', '%00=%00', '\0', '\r\n', 'a=%ff%fe', 'a=\ud800', '[]=1', '[][]=1'],
  injected: [
    '%0d%0aSet-Cookie:%20x=y',
    '__proto__=x',
    '__proto__[x]=1',
    'constructor=x',
    'toString=1',
    'hasOwnProperty',
  ],
  limits: [
    'limit=',
    'limit=0',
    'limit=-1',
    'limit=1.5',
    'limit=1e3',
    'limit=1e309',
    'limit=NaN',
    'limit=٣',
    'limit=0x10',
  ],
  lists: ['limit=1&limit=2', 'limit[]=1', 'limit[x]=1', 'limit=%201', 'limit=null', `limit=${'9'.repeat(5_000)}`],
  cursors: [
    'after=',
    'after=..',
    'after=%2e%2e%2f',
    "after='",
    'after=\0',
    'after=root',
    'after[]=a',
    'after=a&after=b',
  ],
  choices: [
    'include_archived=1',
    'include_archived=TRUE',
    'owner_project_access=all',
    'batch=maybe',
    'bucket_width=1y',
  ],
  times: [
    'start_time=-1',
    'start_time=1e309',
    'start_time=abc',
    'start_time=99999999999999',
    'start_time[]=1',
    'end_time=0',
  ],
  widths: ['end_time=99999999999', 'start_time=', 'bucket_width=', 'bucket_width[]=1d', 'group_by=digest'],
  pages: ['page=1', 'page=page_', 'page=page_zzzzzzzzzz', 'page=page_-1', 'page=..', `page=${long}`, `after=${long}`],
  filters: ['project_ids[]=', 'project_ids=%00', 'models[]=%23', `project_ids=${long}`, `user_ids=${long}`],
  many: ['models[]=m&'.repeat(101), 'project_ids[]=p&'.repeat(101), `q=${'x'.repeat(20_001)}`, 'group_by[]=__proto__'],
};
export const hostileQueries = Object.values(queries).flat();
