/**
 * The functions as Lambda gets them: one pass over `functions/`, one folder for
 * each, with all that a cold start loads in one file, and beside it what is loaded
 * when it is needed and the configuration, where the code reads it. What that one
 * file leaves out is what makes a cold start short.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import type { ResolvedConfig } from '../../shared/catalogue/resolved-config.ts';
import type { ProviderKind } from '../../shared/providers/kinds.ts';
import { embeddedWasm } from './embedded-wasm.ts';
import { type LazyFile, lazyEntryPoints, lazyModules, placeLazyFiles } from './lazy-modules.ts';
import { leanOpenai } from './lean-openai.ts';
import { noEventStreams } from './no-event-streams.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const resolvedConfigFile = 'sluice.resolved.json';

export type FunctionBundle = {
  readonly folder: string;
  /** The same for the same code, prices and providers, whenever they were built: a second deployment changes nothing. */
  readonly hash: string;
  /** What a cold start loads. */
  readonly bytes: number;
  /** The source files that are in that, relative to the root of the repository. */
  readonly modules: readonly string[];
  /** Those in the files that are loaded when they are needed. */
  readonly lazyModules: readonly string[];
};

/** By the name of the function. */
export type Bundles = Readonly<Record<string, FunctionBundle>>;

/** The gateway's own, and those that CloudFormation calls. */
const folders = ['functions', 'infra/custom-resources'];

const functionFiles = (): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );

/** Writes every function's folder below `outdir`. */
export async function bundleFunctions(outdir: string, config: ResolvedConfig): Promise<Bundles> {
  const entryPoints = functionFiles().map((file) => ({ in: file, out: `${basename(file, '.ts')}/index` }));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...entryPoints, ...lazyEntryPoints],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // For Node esbuild would take packages' CommonJS builds, which cannot be shaken.
    mainFields: ['module', 'main'],
    minify: true,
    // The names of errors are part of what the log says.
    keepNames: true,
    logLevel: 'warning',
    // Some dependencies are CommonJS and ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    alias: {
      // Credentials are handed to every client, so the chain that would look for them is never asked.
      '@aws-sdk/credential-provider-node': './infra/build/no-credential-chain.ts',
    },
    plugins: [lazyModules, embeddedWasm, noEventStreams, leanOpenai],
    // Behind an `import()` that never runs here.
    external: [
      // Read by browsers alone.
      'bowser',
      // Of one machine, which runs the sources.
      '*/local-queue-deps.ts',
      // Of a kind of provider that nobody has configured.
      ...kindsToLeaveOut(config).map((kind) => `*/${kind}-provider.ts`),
    ],
  });
  return Object.fromEntries(
    Object.entries(metafile.outputs)
      .filter(([file]) => basename(file) === 'index.mjs')
      .map(([file, output]) => {
        const folder = dirname(join(root, file));
        return [basename(folder), describe(folder, output, placeLazyFiles(folder, output, outdir, metafile), config)];
      }),
  );
}

/** Those that the registry of providers loads when they are first asked; the others are in every bundle that asks models. */
const lazyKinds: readonly ProviderKind[] = ['azure', 'bedrock', 'vertex'];

function kindsToLeaveOut({ providers }: ResolvedConfig): readonly ProviderKind[] {
  const configured = new Set(Object.values(providers).map(({ kind }) => kind));
  return lazyKinds.filter((kind) => !configured.has(kind));
}

const modulesOf = ({ inputs }: Metafile['outputs'][string]): string[] =>
  Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? file : []));

function describe(
  folder: string,
  output: Metafile['outputs'][string],
  lazy: readonly LazyFile[],
  config: ResolvedConfig,
): FunctionBundle {
  const modules = modulesOf(output);
  const hash = createHash('sha256');
  for (const file of [join(folder, 'index.mjs'), ...lazy.map(({ path }) => path)]) hash.update(readFileSync(file));
  if (modules.includes('shared/catalogue/resolved-config.ts')) {
    writeFileSync(join(folder, resolvedConfigFile), JSON.stringify(config));
    const { builtAt: _, ...lasting } = config;
    hash.update(JSON.stringify(lasting));
  }
  return {
    folder,
    hash: hash.digest('hex'),
    bytes: output.bytes,
    modules,
    lazyModules: lazy.flatMap((file) => modulesOf(file.output)),
  };
}
