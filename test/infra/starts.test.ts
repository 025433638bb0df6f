/** Every function starts with the variables that the stack gives it, and with no others. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Bundles, bundleFunctions } from '../../infra/build/bundle.ts';
import { readConfig, resolveConfig } from '../../infra/build/resolve-config.ts';
import { queues } from '../../infra/queues.ts';
import { deployedRoutes } from '../../infra/routes.ts';
import { schedules } from '../../infra/schedules.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type Stack, synthesize } from './assembly.ts';

type LambdaFunction = { readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> } };

const callers: readonly { readonly function: string }[] = [...deployedRoutes, ...schedules, ...queues];
const names = [...new Set(callers.map((caller) => caller.function))];

let stack: Stack;
let bundles: Bundles;
beforeAll(async () => {
  [stack, bundles] = await Promise.all([
    synthesize('dev'),
    bundleFunctions(temporaryFolder(), resolveConfig(readConfig('sluice.json'), { now: new Date() })),
  ]);
}, 180_000);

/** What only a deployment knows, an address or a name, is something that looks like one. */
const variablesOf = (name: string): Record<string, string> => {
  const found = stack.of<LambdaFunction>('AWS::Lambda::Function').find(([id]) => stack.functionName(id) === name);
  return Object.fromEntries(
    Object.entries(found?.[1].Properties.Environment.Variables ?? {}).map(([variable, value]) => [
      variable,
      typeof value === 'string' ? value : `https://of-the-stack.example/${variable.toLowerCase()}`,
    ]),
  );
};

/** What Lambda itself sets. */
const ofLambda = {
  AWS_LAMBDA_FUNCTION_NAME: 'any',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
};

const script = `
  globalThis.awslambda = { streamifyResponse: (handler) => handler };
  const { handler } = await import('./index.mjs');
  console.log(typeof handler);
  process.exit();
`;

test.each(names)(
  '%s',
  async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: bundles[name]?.folder,
      env: { ...ofLambda, ...variablesOf(name) },
    });
    expect(stdout).toBe('function\n');
  },
  30_000,
);
