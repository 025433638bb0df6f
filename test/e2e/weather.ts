/** A Lambda function of the user's own that the gateway runs as a tool. It is there before the stack, and stays when that goes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import { account, type Ministack, region } from './ministack.ts';
import { python, workspace } from './workspace.ts';

const name = 'weather-of-the-user';
export const weatherArn = `arn:aws:lambda:${region}:${account}:function:${name}`;

const source = `export const handler = async ({ data }) => ({ location: data.arguments.location, weather: 'sunny', celsius: 21 });\n`;
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export async function createWeatherFunction({ environment: env }: Ministack): Promise<void> {
  const folder = join(workspace, 'weather');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'index.mjs');
  const zip = join(folder, 'weather.zip');
  writeFileSync(file, source);
  await run(python('python'), ['-m', 'zipfile', '-c', zip, file], env);
  const aws = (...args: readonly string[]) => run(python('aws'), args, env);
  await aws('iam', 'create-role', '--role-name', name, '--assume-role-policy-document', JSON.stringify(trust));
  // Lambda would make it with the first call, and it would pass for something that the stack has left.
  await aws('logs', 'create-log-group', '--log-group-name', `/aws/lambda/${name}`);
  const code = ['--runtime', 'nodejs24.x', '--handler', 'index.handler', '--zip-file', `fileb://${zip}`];
  await aws(
    'lambda',
    'create-function',
    '--function-name',
    name,
    '--role',
    `arn:aws:iam::${account}:role/${name}`,
    ...code,
  );
}
