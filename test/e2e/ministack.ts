/** MiniStack, an AWS that runs on loopback without Docker: what is deployed to, and what must be empty afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, serve, type Variables } from './command.ts';
import { environment, python, workspace } from './workspace.ts';

export const account = '000000000000';
export const region = 'us-east-1';

export type Ministack = {
  readonly endpoint: string;
  /** For every program that is to see it in place of AWS. */
  readonly environment: Variables;
  /** The address of a deployed API, by its id. */
  readonly apiUrl: (apiId: string, stage: string) => string;
};

const startTimeoutMs = 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('No port is free.');
  return address.port;
}

/** `atEnd` is told how to stop it as soon as there is something to stop. */
export async function startMinistack(atEnd: (stop: () => Promise<void>) => void): Promise<Ministack> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // It unpacks functions there, and leaves them. Outside of the repository, whose package.json would make its scripts modules.
  const temporary = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  // It runs functions with the first `node` of its path.
  const server = serve(
    python('ministack'),
    [],
    environment({
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      TMPDIR: temporary,
      MINISTACK_REGION: region,
      LOG_LEVEL: 'WARNING',
      // Functions then have their roles' credentials, and may do what their policies say.
      AUTH: 'true',
    }),
    join(workspace, 'ministack.log'),
  );
  atEnd(async () => {
    await server.stop();
    rmSync(temporary, { recursive: true, force: true });
  });
  const healthy = () =>
    fetch(`${endpoint}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  const deadline = performance.now() + startTimeoutMs;
  while (!(await healthy())) {
    if (server.hasEnded() || performance.now() > deadline) {
      throw new Error('MiniStack did not start. Its log is .e2e/ministack.log.');
    }
    await sleep(200);
  }
  return {
    endpoint,
    environment: environment({
      ...credentials,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_PAGER: '',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    }),
    apiUrl: (apiId, stage) => `${endpoint}/_aws/execute-api/${apiId}/${stage}`,
  };
}

/** What there is of each kind of thing that the stack makes. */
const listings: Readonly<Record<string, readonly string[]>> = {
  stacks: ['cloudformation', 'describe-stacks', '--query', 'Stacks[].StackName'],
  apis: ['apigateway', 'get-rest-apis', '--query', 'items[].name'],
  functions: ['lambda', 'list-functions', '--query', 'Functions[].FunctionName'],
  tables: ['dynamodb', 'list-tables', '--query', 'TableNames'],
  secrets: ['secretsmanager', 'list-secrets', '--include-planned-deletion', '--query', 'SecretList[].Name'],
  logGroups: ['logs', 'describe-log-groups', '--query', 'logGroups[].logGroupName'],
  roles: ['iam', 'list-roles', '--query', 'Roles[].RoleName'],
};

export type Inventory = Readonly<Record<string, readonly string[]>>;

export async function inventory({ environment: variables }: Ministack): Promise<Inventory> {
  const entries = Object.entries(listings).map(async ([kind, args]): Promise<[string, readonly string[]]> => {
    const names: unknown = JSON.parse(await run(python('aws'), [...args, '--output', 'json'], variables));
    return [kind, Array.isArray(names) ? names.map(String).sort() : []];
  });
  return Object.fromEntries(await Promise.all(entries));
}
