/** What `cdk synth` makes, from a process of its own: aws-cdk-lib takes seconds to get through Jest's module loader. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const cdkContext = {
  ...(JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: object }).context,
  // As the command line has it.
  'aws:cdk:enable-path-metadata': true,
};

export type Resource<Properties> = {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: { readonly 'aws:cdk:path'?: string };
};

type Template = {
  readonly Resources: Readonly<Record<string, Resource<unknown>>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
};

export type Synthesis = { readonly exitCode: number; readonly stderr: string; readonly folder: string };

export type SynthesisOptions = {
  /** As `-c name=value`. */
  readonly context?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
};

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export async function runApp({ context = {}, variables = {} }: SynthesisOptions = {}): Promise<Synthesis> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-synth-'));
  folders.push(folder);
  const child = spawn(process.execPath, ['infra/app.ts'], {
    cwd: root,
    // Jest's own NODE_OPTIONS are not for it.
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdkContext, ...context }),
      ...variables,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number>((done) => child.once('close', (code) => done(code ?? 1)));
  return { exitCode, stderr, folder };
}

export type Stack = {
  readonly template: Template;
  /** Everything of one type, by its logical id. */
  of<Properties>(type: string): readonly (readonly [id: string, resource: Resource<Properties>])[];
  /** `health` for the logical id of the function behind GET /health. */
  functionName(logicalId: string): string;
  /** cdk-nag's verdict on each rule and resource, one a line. */
  readonly findings: string;
};

export async function synthesize(stage: string, options: SynthesisOptions = {}): Promise<Stack> {
  const { exitCode, stderr, folder } = await runApp({ ...options, context: { stage, ...options.context } });
  if (exitCode !== 0) throw new Error(`synthesis failed:\n${stderr}`);
  const name = `sluice-${stage}`;
  const template: Template = JSON.parse(readFileSync(join(folder, `${name}.template.json`), 'utf8'));
  const all = Object.entries(template.Resources);
  return {
    template,
    of: <Properties>(type: string) => all.filter(([, { Type }]) => Type === type) as [string, Resource<Properties>][],
    functionName: (logicalId) => {
      const path = template.Resources[logicalId]?.Metadata?.['aws:cdk:path'] ?? '';
      return /\/Functions\/([^/]+)\//.exec(path)?.[1] ?? '';
    },
    findings: readFileSync(join(folder, `AwsSolutions--${name}-NagReport.csv`), 'utf8'),
  };
}

export type Reference = { readonly Ref: string } | { readonly 'Fn::GetAtt': readonly [string, string] };

/** The logical id that a reference stands for, whichever way it refers to it. */
export const referred = (value: unknown): string => {
  const { Ref, 'Fn::GetAtt': attribute } = value as { readonly Ref?: string; readonly 'Fn::GetAtt'?: string[] };
  return Ref ?? attribute?.[0] ?? '';
};

export type Statement = {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: { readonly ArnLike: Readonly<Record<string, unknown>> };
};
type PolicyDocument = { readonly PolicyDocument: { readonly Statement: readonly Statement[] } };
type Role = { readonly Policies?: readonly PolicyDocument[] };

/** All that the role with this logical id is allowed: by policies within it, and by any that are attached to it. */
export const statementsOf = ({ of }: Stack, role: string): readonly Statement[] =>
  [
    ...of<Role>('AWS::IAM::Role')
      .filter(([id]) => id === role)
      .flatMap(([, { Properties }]) => Properties.Policies ?? []),
    ...['AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) =>
        of<PolicyDocument & { readonly Roles?: readonly unknown[]; readonly RoleName?: unknown }>(type),
      )
      .map(([, { Properties }]) => Properties)
      .filter(({ Roles = [], RoleName }) => [...Roles, RoleName ?? ''].some((one) => referred(one) === role)),
  ].flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

type Join = { readonly 'Fn::Join': readonly [string, readonly unknown[]] };

/** `Fn::Join` as text, with `<logicalId>` where it refers to something. */
export const text = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : ((value as Join)['Fn::Join']?.[1]
        .map((part) => (typeof part === 'string' ? part : `<${referred(part)}>`))
        .join('') ?? `<${referred(value)}>`);
