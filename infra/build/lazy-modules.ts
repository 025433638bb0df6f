/**
 * What a function loads when it first needs it: a file beside its own, with a copy
 * of all that it imports. So neither may go by the classes or the state of the other.
 *
 * Not esbuild's `splitting`: it cuts out what both share as well, and a cold start
 * would load that with all that the lazy one alone needs of it. It also keeps what
 * no function asks for any more: https://github.com/evanw/esbuild/issues/3704.
 */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Metafile, Plugin } from 'esbuild';

const sources = [
  'shared/bodies/s3-client.ts',
  'shared/health/cloudwatch-client.ts',
  'shared/injection/injection-detector.ts',
  'shared/queues/sqs-client.ts',
  'shared/request-log/log-call.ts',
  'shared/responses/translation.ts',
  'shared/structured/schema-compiler.ts',
  'shared/tools/address-range.ts',
  'shared/tools/lambda-client.ts',
  'shared/tokens/tiktoken.ts',
  'shared/tokens/o200k-base.ts',
  'shared/tokens/cl100k-base.ts',
];

const nameOf = (source: string): string => basename(source, '.ts');

/** They are built like the functions, once for all of them. */
export const lazyEntryPoints = sources.map((source) => ({ in: source, out: nameOf(source) }));

/** Leaves their `import()` as it is, but for the name that the file has by then. */
export const lazyModules: Plugin = {
  name: 'lazy-modules',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`/(${sources.map(nameOf).join('|')})\\.ts$`) }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${nameOf(path)}.mjs`, external: true } : undefined,
    );
  },
};

type Output = Metafile['outputs'][string];

export type LazyFile = { readonly path: string; readonly output: Output };

/** Puts those that a function's code asks for beside it. */
export function placeLazyFiles(folder: string, { imports }: Output, outdir: string, { outputs }: Metafile): LazyFile[] {
  const asked = new Set(imports.map(({ path }) => path));
  return Object.entries(outputs).flatMap(([file, output]) => {
    const name = basename(file);
    if (!asked.has(`./${name}`)) return [];
    const path = join(folder, name);
    copyFileSync(join(outdir, name), path);
    return { path, output };
  });
}
