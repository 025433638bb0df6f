/** What of a tool can be found wrong when it is registered or changed: each a 400 that names the parameter. */
import type * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { JsonSchema } from '../structured/json-schema.ts';
import { functionArnPattern } from './function-arn.ts';
import type { toolUpdateSchema } from './schemas.ts';
import { type TargetRules, targetUrlProblem } from './target-url.ts';
import type { ToolSettings, ToolTarget } from './tool.ts';

export type RegistrationDeps = {
  readonly schemas: {
    /** Bounded, valid and without references to elsewhere; throws the caller's error otherwise. */
    readonly check: (value: unknown, param: string) => Promise<JsonSchema>;
  };
  readonly rules: () => Promise<TargetRules>;
  readonly mayInvoke: (arn: string) => boolean;
  readonly projects: Pick<ProjectStore, 'get'>;
};

type Wishes = z.infer<typeof toolUpdateSchema>;
type Settings = { readonly [Name in keyof ToolSettings]?: ToolSettings[Name] };

/** Every call that names the tool carries them to the model, and pays for them. */
const maxParametersBytes = 32 * 1024;

const refused = (param: string, message: string): GatewayError =>
  new GatewayError('invalid_request', { message, param });

/** Only what was given. */
export async function checkedSettings(deps: RegistrationDeps, wishes: Wishes): Promise<Settings> {
  const { description, timeout_ms } = wishes;
  const [parameters, target, projects] = await Promise.all([
    wishes.parameters && checkedParameters(deps, wishes.parameters),
    wishes.target && checkedTarget(deps, wishes.target),
    wishes.projects && existingProjects(deps, wishes.projects),
  ]);
  return {
    ...(description !== undefined && { description }),
    ...(parameters && { parameters }),
    ...(target && { target }),
    ...(timeout_ms !== undefined && { timeoutMs: timeout_ms }),
    ...(wishes.projects !== undefined && { projects: projects ?? null }),
  };
}

async function checkedParameters({ schemas }: RegistrationDeps, parameters: object): Promise<JsonSchema> {
  if (Buffer.byteLength(JSON.stringify(parameters)) > maxParametersBytes) {
    throw refused('parameters', 'The schema of a tool has at most 32 KiB.');
  }
  return schemas.check(parameters, 'parameters');
}

async function checkedTarget(
  { rules, mayInvoke }: RegistrationDeps,
  target: NonNullable<Wishes['target']>,
): Promise<ToolTarget> {
  if (target.type === 'webhook') {
    const problem = targetUrlProblem(target.url, await rules());
    if (problem !== null) throw refused('target.url', `The gateway does not call this URL: ${problem}.`);
    // As it will be connected to, whatever notation it was given in.
    return { type: 'webhook', url: new URL(target.url).href };
  }
  if (mayInvoke(target.arn)) return target;
  throw refused(
    'target.arn',
    functionArnPattern.test(target.arn)
      ? 'The gateway may not invoke this function. Add its ARN to "tools": { "functions": [] } in sluice.json and deploy again.'
      : 'This is not the ARN of a Lambda function.',
  );
}

/** A slip of the keyboard would let nobody use the tool, and say nothing. */
async function existingProjects({ projects }: RegistrationDeps, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => projects.get(id)));
  const missing = found.indexOf(undefined);
  if (missing >= 0) throw refused(`projects[${missing}]`, 'There is no such project.');
  return [...new Set(ids)];
}
