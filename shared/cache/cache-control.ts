/** What a request's `cache-control` asks of a cache. https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1 */
export type CacheControl = {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  /** No answer that is older; null where any age will do. */
  readonly maxAgeSeconds: number | null;
};

type Directive = { readonly name: string; readonly value: string };

const directivesOf = (header: string): Directive[] =>
  header.split(',').map((part) => {
    const [name = '', ...value] = part.split('=');
    return { name: name.trim().toLowerCase(), value: value.join('=').trim().replaceAll('"', '') };
  });

/** What is no number counts as 0, the strictest of all. */
const secondsOf = ({ value }: Directive): number => (/^\d{1,10}$/.test(value) ? Number(value) : 0);

export function readCacheControl(header: string | undefined): CacheControl {
  const directives = directivesOf(header ?? '');
  const has = (name: string) => directives.some((directive) => directive.name === name);
  const ages = directives.filter(({ name }) => name === 'max-age').map(secondsOf);
  return {
    noStore: has('no-store'),
    noCache: has('no-cache'),
    onlyIfCached: has('only-if-cached'),
    maxAgeSeconds: ages.length > 0 ? Math.min(...ages) : null,
  };
}
