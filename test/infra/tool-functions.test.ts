/** The Lambda functions that tools may be: those that `sluice.json` names, for the functions that run tools, and no others (THREATS 13). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queues } from '../../infra/queues.ts';
import { routes } from '../../infra/routes.ts';
import type { Route } from '../../shared/http/route.ts';
import { referred, type Stack, statementsOf, synthesize } from './assembly.ts';

type LambdaFunction = { readonly Role: unknown };

const arns = [
  'arn:aws:lambda:eu-central-1:123456789012:function:look-up',
  'arn:aws:lambda:us-east-1:210987654321:function:weather:live',
];

const folder = mkdtempSync(join(tmpdir(), 'sluice-tools-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let stack: Stack;
beforeAll(async () => {
  const file = join(folder, 'sluice.json');
  const shipped = JSON.parse(readFileSync('sluice.json', 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...shipped, tools: { functions: arns.toReversed() } }));
  stack = await synthesize('dev', { variables: { SLUICE_CONFIG: file } });
}, 120_000);

const invoking = (stack: Stack): string[] => {
  const { of, functionName } = stack;
  const names = new Map(
    of<LambdaFunction>('AWS::Lambda::Function').map(([id, { Properties }]) => [
      referred(Properties.Role),
      functionName(id),
    ]),
  );
  return of('AWS::IAM::Role').flatMap(([role]) =>
    statementsOf(stack, role)
      .filter(({ Resource }) => JSON.stringify(Resource).includes('"arn:aws:lambda'))
      .map(({ Action, Resource }) => `${names.get(role)}: ${[Action].flat().join()} on ${[Resource].flat().join()}`),
  );
};

test('are allowed by their ARNs to what runs tools, and to nothing else', () => {
  const running = new Set([
    ...(routes as readonly Route[]).filter(({ runsTools }) => runsTools).map((route) => route.function),
    ...queues.flatMap((queue) => ('providers' in queue && queue.providers ? [queue.function] : [])),
  ]);
  expect(running.size).toBeGreaterThanOrEqual(3);
  const expected = [...running].map((name) => `${name}: lambda:InvokeFunction on ${arns.join()}`);
  expect(invoking(stack).sort()).toEqual(expected.sort());
});

test('leave nothing for cdk-nag to complain of', () => {
  expect(stack.findings).not.toMatch(/Non-Compliant/);
});

test('are none where sluice.json names none', async () => {
  expect(invoking(await synthesize('dev'))).toEqual([]);
}, 120_000);
