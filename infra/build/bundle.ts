/**
 * The functions as Lambda gets them: one pass over `functions/`, one folder for
 * each, with all of its code in one file and the configuration beside it where
 * the code reads it. What a bundle leaves out is what makes a cold start short.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import type { ResolvedConfig } from '../../shared/catalogue/resolved-config.ts';
import type { ProviderKind } from '../../shared/providers/kinds.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const resolvedConfigFile = 'sluice.resolved.json';

export type FunctionBundle = {
  readonly folder: string;
  /** The same for the same code, prices and providers, whenever they were built: a second deployment changes nothing. */
  readonly hash: string;
  readonly bytes: number;
  /** The source files that are in it, relative to the root of the repository. */
  readonly modules: readonly string[];
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
    entryPoints,
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
    external: [
      // Read by browsers alone, behind an `import()` that never runs here.
      'bowser',
      // Neither does the one of a kind of provider that nobody has configured.
      ...kindsToLeaveOut(config).map((kind) => `*/${kind}-provider.ts`),
    ],
  });
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([file, output]) => {
      const folder = dirname(join(root, file));
      return [basename(folder), describe(folder, output, config)];
    }),
  );
}

/** Those that the registry of providers loads when they are first asked; the others are in every bundle that asks models. */
const lazyKinds: readonly ProviderKind[] = ['azure', 'bedrock', 'vertex'];

function kindsToLeaveOut({ providers }: ResolvedConfig): readonly ProviderKind[] {
  const configured = new Set(Object.values(providers).map(({ kind }) => kind));
  return lazyKinds.filter((kind) => !configured.has(kind));
}

function describe(folder: string, output: Metafile['outputs'][string], config: ResolvedConfig): FunctionBundle {
  const modules = Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? file : []));
  const hash = createHash('sha256').update(readFileSync(join(folder, 'index.mjs')));
  if (modules.includes('shared/catalogue/resolved-config.ts')) {
    writeFileSync(join(folder, resolvedConfigFile), JSON.stringify(config));
    const { builtAt: _, ...lasting } = config;
    hash.update(JSON.stringify(lasting));
  }
  return { folder, hash: hash.digest('hex'), bytes: output.bytes, modules };
}
